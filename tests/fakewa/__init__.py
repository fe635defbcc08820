"""A fake WhatsApp on loopback, good enough that the real linked-device library cannot tell.

It runs in its own process (`python -m tests.fakewa --folder DIR`), because its protobuf classes and
the library's cannot live in one. Tests drive it through `client.FakeWhatsApp`; the process that
loads the library is started through `rig`, which makes it trust this server and no other.

    async with FakeWhatsApp.start(folder) as fake:
        command = (sys.executable, "-m", "tests.fakewa.rig", "the.worker.module", ...)
        # started with env=rig.environment(fake) and told to use the proxy fake.proxy_url
        await fake.phone("628123", name="Budi")
        await fake.scan(the_qr_code_it_shows, "628110")
        await fake.write("628110", "628110", "Budi utang 50rb")
        replies = await fake.messages("628110", after=1)

Read in this order: `shapes` (what tests see), `whatsapp` (what the service knows), `phones` (what
a person's phone does), `connection` (one linked device on the line), `front_door` (how it gets in).
"""
