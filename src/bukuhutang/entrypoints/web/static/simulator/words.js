// Every word of the page, in both languages. `{name}` is replaced by what is given.

import { memory } from "./dom.js";

const WORDS = {
  id: {
    simulator: "simulator WhatsApp",
    otherLanguage: "English",
    changeLanguage: "Ganti bahasa: English",
    clock: "Jam layanan",
    plusHour: "+1 jam",
    plusDay: "+1 hari",
    plusWeek: "+7 hari",
    reconnecting: "Sambungan ke layanan terputus, menyambung lagi…",
    gateTitle: "Masukkan kunci",
    gateWhy: "Buka alamat yang dicetak di terminal saat BukuHutang menyala, atau tempel kuncinya di sini.",
    gateKey: "Kunci super-admin",
    gateOpen: "Buka simulator",
    screenTitle: "Layar operator",
    phones: "HP",
    lender: "Pemberi pinjaman",
    borrower: "Peminjam",

    stepRegister: "Daftarkan pemberi pinjaman",
    stepScan: "Pindai kode QR",
    stepChat: "Catat lewat chat",
    name: "Nama",
    number: "Nomor WhatsApp",
    email: "Email (boleh kosong)",
    register: "Daftarkan",
    exampleName: "Toko Dani",
    orExisting: "Atau pilih yang sudah terdaftar",
    use: "Pakai",
    existing: "Sudah terdaftar",
    scanIt: "Klik untuk memindai dengan HP pemberi pinjaman",
    scanning: "Menautkan…",
    qrWaiting: "Menyiapkan kode QR…",
    qrFresh: "Kode berganti sendiri. Nomor HP harus {number}.",
    linked: "{name} tertaut",
    tryThis: "Di HP pemberi pinjaman, buka “Pesan ke diri sendiri”, lalu tulis:",
    putInDraft: "Tulis di HP",
    thenThis: "Setelah itu: BAYAR, STATUS, atau INGATKAN. Peminjam boleh bertanya “sisa hutang saya?”.",
    otherTenant: "Pemberi pinjaman lain",
    inactive: "{name} sedang dinonaktifkan.",
    activate: "Aktifkan lagi",
    tryAgain: "Coba lagi",
    switchOnFirst: "HP pemberi pinjaman sedang offline. Nyalakan dulu sambungannya.",

    changeNumber: "Ganti nomor",
    numberLabel: "Nomor HP",
    numberLooksWrong: "Bukan nomor telepon. Contoh: 0812-1111-2222",
    save: "Simpan",
    cancel: "Batal",
    offline: "Offline",
    offlineSwitch: "Matikan sambungan HP",
    more: "Lainnya",
    stateLabel: "Keadaan",
    pairLabel: "Tautkan dengan kode",
    pairEnter: "Tautkan",
    state_online: "online",
    state_offline: "offline",
    state_logged_out: "perangkat dilepas",
    state_banned: "diblokir WhatsApp",
    state_restricted: "dibatasi WhatsApp",
    note_offline: "HP offline: pesan menunggu sampai tersambung lagi.",
    note_logged_out: "Perangkat tertaut dilepas. Pindai kode QR lagi supaya BukuHutang menjawab.",
    note_banned: "WhatsApp memblokir nomor ini: tidak bisa mengirim dan menerima.",
    note_restricted: "WhatsApp membatasi nomor ini: hanya bisa menulis ke orang yang pernah menulis lebih dulu.",

    chats: "Percakapan",
    toSelf: "Pesan ke diri sendiri",
    aboutSelf: "Di sini buku hutang dicatat",
    aboutOther: "lewat WhatsApp",
    noMessages: "Belum ada pesan",
    newChatTo: "Chat baru ke nomor",
    openChat: "Buka",
    back: "Kembali ke daftar chat",
    messages: "Pesan",
    earlier: "Tampilkan pesan sebelumnya",
    toNewest: "Ke pesan terbaru",
    emptySelf: "Tulis perintah pertama, misalnya dari contoh di bawah.",
    emptyOther: "Belum ada pesan di chat ini.",
    examples: "Contoh perintah",
    write: "Tulis pesan",
    send: "Kirim",
    attach: "Lampirkan dokumen",
    detach: "Buang lampiran",
    download: "Unduh {name}, {size}",
    unread: "{count} belum dibaca",
    byService: "BukuHutang",
    byServiceWhy: "Di HP sungguhan, jawaban ini juga muncul di sisi sendiri.",
    today: "Hari ini",
    tick_pending: "menunggu",
    tick_sent: "terkirim",
    tick_delivered: "sampai",
    tick_read: "dibaca",
    tick_failed: "gagal",
    notSent: "Tidak terkirim: {reason}",
    discard: "Buang",
    fileTooLarge: "Dokumen terlalu besar: {size}. Paling besar 16 MB.",
    fileEmpty: "Dokumen ini kosong.",
    fileUnreadable: "Dokumen ini tidak bisa dibaca.",
    notFetched: "Dokumen tidak bisa diunduh: {reason}",
    notDone: "Belum berhasil: {reason}",
    noAnswer: "layanan tidak menjawab",
  },
  en: {
    simulator: "WhatsApp simulator",
    otherLanguage: "Bahasa Indonesia",
    changeLanguage: "Change language: Bahasa Indonesia",
    clock: "The service's clock",
    plusHour: "+1 hour",
    plusDay: "+1 day",
    plusWeek: "+7 days",
    reconnecting: "Connection to the service lost, reconnecting…",
    gateTitle: "Enter the key",
    gateWhy: "Open the address that the terminal printed when BukuHutang started, or paste its key here.",
    gateKey: "Super-admin key",
    gateOpen: "Open the simulator",
    screenTitle: "Operator's screen",
    phones: "Phones",
    lender: "Lender",
    borrower: "Borrower",

    stepRegister: "Register a lender",
    stepScan: "Scan the QR code",
    stepChat: "Keep the book by chat",
    name: "Name",
    number: "WhatsApp number",
    email: "Email (may be empty)",
    register: "Register",
    exampleName: "Toko Dani",
    orExisting: "Or choose one that is registered",
    use: "Use",
    existing: "Registered",
    scanIt: "Click to scan with the lender's phone",
    scanning: "Linking…",
    qrWaiting: "Preparing the QR code…",
    qrFresh: "The code renews itself. The phone's number must be {number}.",
    linked: "{name} is linked",
    tryThis: "On the lender's phone, open “Message yourself” and write:",
    putInDraft: "Write it on the phone",
    thenThis: "Then: BAYAR, STATUS or INGATKAN. The borrower may ask “sisa hutang saya?”.",
    otherTenant: "Another lender",
    inactive: "{name} is switched off.",
    activate: "Switch on again",
    tryAgain: "Try again",
    switchOnFirst: "The lender's phone is offline. Switch its connection on first.",

    changeNumber: "Change number",
    numberLabel: "Phone number",
    numberLooksWrong: "Not a phone number. Example: 0812-1111-2222",
    save: "Save",
    cancel: "Cancel",
    offline: "Offline",
    offlineSwitch: "Cut the phone's connection",
    more: "More",
    stateLabel: "State",
    pairLabel: "Link with a code",
    pairEnter: "Link",
    state_online: "online",
    state_offline: "offline",
    state_logged_out: "device removed",
    state_banned: "banned by WhatsApp",
    state_restricted: "restricted by WhatsApp",
    note_offline: "Phone offline: messages wait until it is connected again.",
    note_logged_out: "The linked device was removed. Scan a QR code again so that BukuHutang answers.",
    note_banned: "WhatsApp has banned this number: it can neither send nor receive.",
    note_restricted: "WhatsApp has restricted this number: it can only write to people who wrote first.",

    chats: "Chats",
    toSelf: "Message yourself",
    aboutSelf: "The debt book is kept here",
    aboutOther: "on WhatsApp",
    noMessages: "No messages yet",
    newChatTo: "New chat to a number",
    openChat: "Open",
    back: "Back to the chats",
    messages: "Messages",
    earlier: "Load earlier messages",
    toNewest: "To the newest message",
    emptySelf: "Write the first command, for example one of those below.",
    emptyOther: "No messages in this chat yet.",
    examples: "Example commands",
    write: "Write a message",
    send: "Send",
    attach: "Attach a document",
    detach: "Remove the attachment",
    download: "Download {name}, {size}",
    unread: "{count} unread",
    byService: "BukuHutang",
    byServiceWhy: "On a real phone this answer appears on your own side as well.",
    today: "Today",
    tick_pending: "waiting",
    tick_sent: "sent",
    tick_delivered: "delivered",
    tick_read: "read",
    tick_failed: "failed",
    notSent: "Not sent: {reason}",
    discard: "Discard",
    fileTooLarge: "The document is too large: {size}. At most 16 MB.",
    fileEmpty: "This document is empty.",
    fileUnreadable: "This document cannot be read.",
    notFetched: "The document could not be fetched: {reason}",
    notDone: "Not done: {reason}",
    noAnswer: "the service does not answer",
  },
};

let spoken = memory.read("language", null) ?? browserLanguage();

function browserLanguage() {
  return navigator.languages.some((one) => /^(id|in|ms|jv|su)\b/i.test(one)) ? "id" : "en";
}

/** The page's language: `id` or `en`. */
export function language() {
  return spoken;
}

/** Speak the other language from now on; texts on show are renewed by `putWords`. */
export function switchLanguage() {
  spoken = spoken === "id" ? "en" : "id";
  memory.write("language", spoken);
}

/** The words for `name`, with `{key}` filled from `values`. */
export function say(name, values = {}) {
  const words = WORDS[spoken][name];
  if (words === undefined) throw new Error(`no words for ${name}`);
  return words.replace(/\{(\w+)\}/g, (_, key) => values[key] ?? "");
}

/** Put words into all elements below `root` that name theirs. */
export function putWords(root) {
  document.documentElement.lang = spoken;
  for (const one of root.querySelectorAll("[data-word]")) one.textContent = say(one.dataset.word);
  const attributes = { wordLabel: "aria-label", wordTitle: "title", wordPlaceholder: "placeholder" };
  for (const [key, attribute] of Object.entries(attributes)) {
    const selector = `[data-${key.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`)}]`;
    for (const one of root.querySelectorAll(selector)) {
      one.setAttribute(attribute, say(one.dataset[key]));
    }
  }
}
