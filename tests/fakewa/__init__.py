"""A fake WhatsApp on loopback, good enough that the real linked-device library cannot tell.

It runs in its own process (`python -m tests.fakewa --folder DIR`), because its protobuf classes and
the library's cannot live in one. Tests drive it through `client.FakeWhatsApp`; the process that
loads the library is started through `rig`, which makes it trust this server and no other.

Read in this order: `shapes` (what tests see), `whatsapp` (what the service knows), `phones` (what
a person's phone does), `connection` (one linked device on the line), `front_door` (how it gets in).
"""
