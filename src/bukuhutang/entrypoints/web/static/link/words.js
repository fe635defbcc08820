// The linking page's words, in both languages: plain, for somebody who has never linked a device.

const WORDS = {
  id: {
    title: "Tautkan WhatsApp {name}",
    number: "Nomor yang ditautkan:",
    how: "Caranya",
    onlyPhone: "HP saya cuma ini",
    onlyPhoneWhy: "Halaman ini terbuka di HP yang mau ditautkan",
    note: "Kami hanya membaca chat “Pesan ke diri sendiri” dan balasan peminjam. Tautan bisa dilepas "
      + "kapan saja dari HP.",
    lost: "Sambungan terputus, mencoba lagi…",
    again: "Kode baru",
    tryAgain: "Coba sambungkan",
    copy: "Salin kode",
    copied: "Tersalin",
    qrAlt: "Kode QR untuk dipindai dengan WhatsApp",
    count: "Berganti sendiri dalam {seconds} detik",
    renewing: "Kode sedang diganti…",

    start: ["", "Sebentar…", ""],
    waiting: ["", "Menyiapkan kode…", "Biasanya hanya beberapa detik."],
    qr: ["", "Pindai kode ini dengan WhatsApp", ""],
    code: ["", "Ketik kode ini di WhatsApp", "Kode berlaku beberapa menit."],
    connecting: ["⏳", "Menyambung…", "Biarkan HP menyala dan tersambung internet."],
    connected: ["✅", "WhatsApp sudah tersambung",
      "Buka WhatsApp, cari chat “Pesan ke diri sendiri”, lalu tulis BANTUAN. Halaman ini boleh "
        + "ditutup."],
    timeout: ["⏰", "Waktu kode sudah habis", "Tidak apa-apa. Siapkan HP dulu, lalu minta kode baru."],
    passkey: ["🔑", "WhatsApp minta passkey",
      "Akun ini memakai passkey saat menautkan perangkat, dan itu belum bisa kami jawab. Coba sekali "
        + "lagi; kalau tetap diminta, hubungi operator kamu untuk cara lain."],
    failed: ["⚠️", "WhatsApp belum mau menautkan",
      "Tunggu sebentar, pastikan HP tersambung internet, lalu coba lagi."],
    wrong_number: ["⚠️", "Itu HP dengan nomor lain",
      "Kode dipindai nomor yang berakhir {tail}, dan sudah kami lepas lagi. Pindai dengan HP bernomor "
        + "{number}."],
    logged_out: ["↩️", "HP perlu ditautkan lagi",
      "Tautannya dilepas dari HP. Catatanmu aman; pesan menunggu sampai tertaut lagi."],
    replaced: ["⚠️", "Tautan ini dipakai di tempat lain",
      "Kalau bukan kamu, buka Perangkat tertaut di WhatsApp dan keluarkan perangkat yang tidak "
        + "dikenal. Setelah itu coba lagi di sini."],
    banned: ["⚠️", "WhatsApp memblokir nomor ini",
      "Buka WhatsApp di HP dan ikuti petunjuk untuk minta ditinjau. Setelah nomor kembali, coba lagi "
        + "di sini."],
    paused: ["⏰", "WhatsApp menghentikan nomor ini sementara",
      "Kami menyambung lagi sendiri sekitar {until}. Tidak perlu melakukan apa-apa."],
    paused_open: ["⏰", "WhatsApp menghentikan nomor ini sementara",
      "Buka WhatsApp di HP untuk melihat sampai kapan, lalu coba lagi setelah itu."],
    outdated: ["⏳", "Layanan perlu diperbarui",
      "WhatsApp meminta versi baru, dan operator kamu yang memasangnya. Coba lagi nanti; pesan "
        + "menunggu dengan aman."],
    inactive: ["⏸️", "Akun ini sedang dimatikan", "Hubungi operator kamu untuk menyalakannya lagi."],

    steps_qr: [
      "Ambil HP dengan nomor {number}, buka WhatsApp.",
      "Ketuk titik tiga ⋮ di kanan atas (iPhone: Setelan).",
      "Pilih Perangkat tertaut, lalu Tautkan perangkat.",
      "Arahkan kamera ke kode QR di layar ini.",
    ],
    steps_code: [
      "Buka WhatsApp di HP ini.",
      "Ketuk titik tiga ⋮ di kanan atas (iPhone: Setelan).",
      "Pilih Perangkat tertaut, lalu Tautkan perangkat.",
      "Di bawah kamera, pilih Tautkan dengan nomor telepon.",
      "Ketik kode di atas. Tanda hubung tidak perlu diketik.",
    ],
  },
  en: {
    title: "Link WhatsApp for {name}",
    number: "Number to link:",
    how: "How to do it",
    onlyPhone: "This is my only phone",
    onlyPhoneWhy: "This page is open on the phone I want to link",
    note: "We only read the chat “Message yourself” and what borrowers answer. You can unlink on the "
      + "phone at any time.",
    lost: "Connection lost, trying again…",
    again: "New code",
    tryAgain: "Try to connect",
    copy: "Copy the code",
    copied: "Copied",
    qrAlt: "QR code to scan with WhatsApp",
    count: "Renews itself in {seconds} s",
    renewing: "The code is being renewed…",

    start: ["", "One moment…", ""],
    waiting: ["", "Preparing the code…", "This takes a few seconds."],
    qr: ["", "Scan this code with WhatsApp", ""],
    code: ["", "Type this code in WhatsApp", "The code works for a few minutes."],
    connecting: ["⏳", "Connecting…", "Keep the phone on and online."],
    connected: ["✅", "WhatsApp is connected",
      "Open WhatsApp, find the chat “Message yourself” and write HELP. You may close this page."],
    timeout: ["⏰", "The code has run out", "No harm done. Have the phone ready, then ask for a new code."],
    passkey: ["🔑", "WhatsApp asks for a passkey",
      "This account uses a passkey when a device is linked, which we cannot answer yet. Try once more; "
        + "if it asks again, your operator knows another way."],
    failed: ["⚠️", "WhatsApp did not link yet", "Wait a moment, make sure the phone is online, then try again."],
    wrong_number: ["⚠️", "That phone has another number",
      "The code was scanned by a number ending in {tail}, which we unlinked again. Scan with the phone "
        + "of {number}."],
    logged_out: ["↩️", "The phone needs to be linked again",
      "It was unlinked on the phone. Your book is safe; messages wait until it is linked again."],
    replaced: ["⚠️", "This link is in use elsewhere",
      "If that is not you, open Linked devices in WhatsApp and log out the device you do not know. "
        + "Then try again here."],
    banned: ["⚠️", "WhatsApp has blocked this number",
      "Open WhatsApp on the phone and follow its steps to ask for a review. Once the number is back, "
        + "try again here."],
    paused: ["⏰", "WhatsApp has paused this number",
      "We connect again by ourselves at about {until}. There is nothing to do."],
    paused_open: ["⏰", "WhatsApp has paused this number",
      "Open WhatsApp on the phone to see until when, and try again afterwards."],
    outdated: ["⏳", "The service needs an update",
      "WhatsApp asks for a newer version, which your operator installs. Try again later; messages wait "
        + "safely."],
    inactive: ["⏸️", "This account is switched off", "Ask your operator to switch it on again."],

    steps_qr: [
      "Take the phone with the number {number} and open WhatsApp.",
      "Tap the three dots ⋮ at the top right (iPhone: Settings).",
      "Choose Linked devices, then Link a device.",
      "Point the camera at the QR code on this screen.",
    ],
    steps_code: [
      "Open WhatsApp on this phone.",
      "Tap the three dots ⋮ at the top right (iPhone: Settings).",
      "Choose Linked devices, then Link a device.",
      "Below the camera, choose Link with phone number instead.",
      "Type the code above. The dash need not be typed.",
    ],
  },
};

/** The words of a language; English when it is not ours. */
export function wordsOf(language) {
  return WORDS[language] || WORDS.en;
}

/** `text` with `{key}` filled from `values`. */
export function fill(text, values) {
  return text.replace(/\{(\w+)\}/g, (_, key) => (values[key] == null ? "" : values[key]));
}
