"""AWS Signature Version 4, by botocore itself.

In a module of its own: whoever does not call AWS does not import botocore for it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from requests import PreparedRequest

from mostik.http.auth.signed_text import body_of


@dataclass(frozen=True, slots=True)
class SigV4:
    """Signs for a service of AWS, or for one that speaks its signature (an API Gateway with IAM,
    another vendor's object storage).

    Attributes:
        access_key: id of the key.
        secret_key: the key.
        region: ``us-east-1``, ``ru-central1``, ...
        service: ``execute-api``, ``s3``, ...
        session_token: of temporary credentials.
    """

    access_key: str
    secret_key: str = field(repr=False)
    region: str
    service: str
    session_token: str | None = field(default=None, repr=False)

    def sign(self, request: PreparedRequest, at: float) -> None:
        """See ``Signer.sign``."""
        del at  # botocore asks the machine's clock
        kind = S3SigV4Auth if self.service == "s3" else SigV4Auth  # S3 signs the path as it stands
        # requests writes a space of the query as "+", AWS signs it as "%20".
        address, mark, query = (request.url or "").partition("?")
        request.url = f"{address}{mark}{query.replace('+', '%20')}"
        asked = AWSRequest(request.method, request.url, data=body_of(request))
        credentials = Credentials(self.access_key, self.secret_key, self.session_token)
        kind(credentials, self.service, self.region).add_auth(asked)
        request.headers.update(dict(asked.headers.items()))
