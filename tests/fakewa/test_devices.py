"""What the service keeps for a linked device until the device has it."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from tests.fakewa.devices import Device, Letter
from tests.fakewa.nodes import Jid, Node
from tests.fakewa.shapes import Content

if TYPE_CHECKING:
    from tests.fakewa.connection import Connection

ACK = Node("ack", {"class": "message", "id": "A1"})


def device_with_one_letter() -> tuple[Device, Letter]:
    """It has been sent the letter and has not answered."""
    device = Device(Jid("628110000001", device=1), "", b"", b"")
    device.letters["A1"] = Letter("A1", "628120000001", {}, Content(kind="text", text="utang"))
    return device, device.letters["A1"]


def test_one_acknowledgement_is_enough_for_what_could_be_read() -> None:
    device, _ = device_with_one_letter()
    device.hear_ack(ACK)
    assert list(device.unacked()) == []


def test_the_acknowledgement_of_the_unreadable_copy_is_not_the_new_ones() -> None:
    """In both orders in which the library may send the two: they come of two threads."""
    for is_acked_first in (True, False):
        device, letter = device_with_one_letter()
        if is_acked_first:
            device.hear_ack(ACK)
        letter.begin_anew()
        if not is_acked_first:
            device.hear_ack(ACK)
        assert list(device.unacked()) == [letter]
        device.hear_ack(ACK)
        assert list(device.unacked()) == []


def test_what_a_dead_line_still_owed_is_not_waited_for() -> None:
    device, letter = device_with_one_letter()
    letter.begin_anew()
    device.begin_login(cast("Connection", object()))
    device.hear_ack(ACK)
    assert list(device.unacked()) == []
