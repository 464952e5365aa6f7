"""What each reason of the door means to a person. Beside the code, not in it: the webhook function
never shows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mostik.errors import RejectReason, WhoActs


@dataclass(frozen=True, slots=True)
class Refusal:
    """One reason in words."""

    meaning: str
    who: WhoActs
    advice: str


REFUSALS: Mapping[RejectReason, Refusal] = {
    RejectReason.METHOD: Refusal(
        "The HTTP method is none of those that the connection takes.",
        WhoActs.EXTERNAL_ADMIN,
        "Set the sender to POST, or add the method to the door document.",
    ),
    RejectReason.TOO_LARGE: Refusal(
        "The body is larger than the stack or the connection takes.",
        WhoActs.ADMIN,
        "Let the sender send less, or raise the limit of the door or of the stack.",
    ),
    RejectReason.UNKNOWN_CONNECTION: Refusal(
        "The address names no connection that takes webhooks.",
        WhoActs.EXTERNAL_ADMIN,
        "Correct the address at the sender, or set the connection's door up.",
    ),
    RejectReason.CONTENT_TYPE: Refusal(
        "The media type is none of those that the connection takes.",
        WhoActs.ADMIN,
        "Change the type at the sender, or add it to the door document.",
    ),
    RejectReason.MALFORMED: Refusal(
        "The request or its proof cannot be read.",
        WhoActs.EXTERNAL_ADMIN,
        "Look at what the sender sends; if it is right, the connection has the wrong scheme.",
    ),
    RejectReason.NO_SECRET: Refusal(
        "The connection has no accepted secret, or the last day of each is over.",
        WhoActs.ADMIN,
        "Enter the secret that the sender signs with.",
    ),
    RejectReason.SIGNATURE_MISSING: Refusal(
        "The proof is not where the scheme looks for it.",
        WhoActs.EXTERNAL_ADMIN,
        "Switch signing on at the sender; if it is on, the connection has the wrong scheme.",
    ),
    RejectReason.SIGNATURE_MISMATCH: Refusal(
        "The proof fits none of the accepted secrets.",
        WhoActs.ADMIN,
        "Compare the secrets on both sides. Without any change of yours it may be somebody else.",
    ),
    RejectReason.TIMESTAMP_MISSING: Refusal(
        "The time that the scheme signs is not there.",
        WhoActs.EXTERNAL_ADMIN,
        "Compare what the sender sends with its documentation.",
    ),
    RejectReason.TIMESTAMP_TOO_OLD: Refusal(
        "It was signed too long ago: a copy of an old request, or a sender whose clock is late.",
        WhoActs.EXTERNAL_ADMIN,
        "Set the sender's clock right.",
    ),
    RejectReason.TIMESTAMP_TOO_NEW: Refusal(
        "It was signed in the future: the sender's clock is early.",
        WhoActs.EXTERNAL_ADMIN,
        "Set the sender's clock right.",
    ),
    RejectReason.SOURCE_ADDRESS: Refusal(
        "It comes from an address that is not on the connection's list.",
        WhoActs.ADMIN,
        "Compare the list in the door document with the sender's documentation.",
    ),
    RejectReason.CERTIFICATE: Refusal(
        "The certificate or public key behind the proof cannot be trusted or read.",
        WhoActs.EXTERNAL_ADMIN,
        "Compare the address of the keys with the sender's documentation.",
    ),
    RejectReason.ALGORITHM: Refusal(
        "The proof names an algorithm that the connection does not allow.",
        WhoActs.ADMIN,
        "Allow it in the door document if the sender's documentation names it.",
    ),
    RejectReason.NOT_COVERED: Refusal(
        "The proof is right, but leaves out a part of the request that must be signed.",
        WhoActs.EXTERNAL_ADMIN,
        "Let the sender sign what the scheme asks for.",
    ),
    RejectReason.WRONG_PEER: Refusal(
        "The proof is right, but belongs to another portal, account or endpoint.",
        WhoActs.ADMIN,
        "Check which account the event comes from, and the connection's settings.",
    ),
    RejectReason.TOO_MANY_FAILURES: Refusal(
        "More than 120 refused requests a minute came from this address. Requests that are proved"
        " never count.",
        WhoActs.ADMIN,
        "Look at the reasons of the refusals before it.",
    ),
}
