"""What the tools find and we leave, each with its reason; what is found no more must go."""

from __future__ import annotations

from collections.abc import Mapping

TEMPLATE: Mapping[str, str] = {
    "CKV_AWS_18": "The bucket is private and read by functions only; what they do with it is in"
    " their logs. Access logs would need a second bucket of the same kind.",
    "CKV_AWS_21": "Bodies are copies of what passed through and expire. An old version would keep a"
    " person's data after it was erased.",
    "CKV_AWS_26": "CloudWatch may not publish to a topic under the AWS-managed key, and alarms hold"
    " no data: a customer-managed key would cost more than all alarms.",
    "CKV_AWS_27": "The queues are encrypted by SQS (SqsManagedSseEnabled); the check knows only"
    " keys of KMS.",
    "CKV_AWS_115": "A reservation fails in a new account, which may run ten functions in all. The"
    " worker is limited at its event source, by a parameter.",
    "CKV_AWS_116": "It stands for asynchronous calls: the tick has a destination for failures (the"
    " check looks at DeadLetterConfig only), the others are called by the API or by SQS.",
    "CKV_AWS_117": "Functions call external systems on the internet: a VPC needs a NAT gateway at"
    " $32 a month. docs/deploy.md says how to have one with a fixed address.",
    "CKV_AWS_119": "Tables are encrypted by a key of AWS. One of the customer's is a matter of"
    " policy, costs for each call, and can be switched on at the table.",
    "CKV_AWS_149": "Secrets are encrypted by the account's key for Secrets Manager; IAM already"
    " limits who reads each. A key of the customer's own can be set for each secret.",
    "CKV_AWS_158": "Logs are encrypted by CloudWatch, and hold neither secrets nor bodies.",
    "CKV_AWS_173": "No variable is a secret: names of tables, queues and prefixes.",
}
"""Checks of checkov."""

CODE: Mapping[str, str] = {
    "layers/code/mostik/commerceml/filenames.py:B108": "It is the path of 1C's own temporary files,"
    " which is cut off; nothing is written there.",
}
"""Findings of bandit from the middle severity up; ruff has its lower ones, with a reason each."""

SECRETS: Mapping[str, str] = {
    "tests/unit/auth/test_wiring.py": "An address with made-up credentials, which is refused.",
    "tests/unit/http/test_paging.py": "An address with made-up credentials, which is refused.",
    "tests/unit/http/test_redact.py": "An address with made-up credentials, which is masked.",
    "tests/vectors/schemes.json": "Signature vectors, with keys and tokens made up for them.",
    "tests/unit/inbound/test_fuzz.py": "A token that nothing has signed.",
}
"""Files in which detect-secrets takes something made up for a credential."""

LICENCES = frozenset(
    {
        "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "MIT", "MIT-0", "MPL-2.0", "PSF-2.0",
        "Python-2.0", "ISC",
    }
)  # fmt: skip
"""Under which a package may be in the layer: none obliges whoever only runs it."""
