"""The core's own ports over a local stack: what the command line reads and does."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from local.stack.description import LocalStack
from mostik.admin.health import Health
from mostik.admin.sqs import SqsGauge
from mostik.bootstrap.state import STATE_INDEXES
from mostik.connections.book import ConnectionBook
from mostik.connections.connection import Connection
from mostik.connections.gateboard import GateBoard
from mostik.connections.gatehouse import Gatehouse
from mostik.connections.open import OpenConnections
from mostik.connections.tokens import Tokens
from mostik.dynamodb import DynamoTable
from mostik.errors import ConfigurationError
from mostik.http.client import Effects
from mostik.http.dynamodb import DynamoSlots
from mostik.http.guard import Reach, check_base_url
from mostik.inbound.door import Door, dump_door, parse_door
from mostik.inbound.scheme import AcceptedSecret
from mostik.integration import Integration, Storage, secret_fields
from mostik.jobs.gates import Gates
from mostik.jobs.replay import Replay, Replays
from mostik.jobs.rows import JobRows
from mostik.jobs.sqs import SqsJobQueue
from mostik.jobs.wakes import Wakes
from mostik.ports import Blobs, JobQueue, Table
from mostik.registry import integration_named
from mostik.requestlog.query import LogReader
from mostik.s3 import S3Blobs
from mostik.secrets import SecretsManager
from mostik.sync.bonds import Bonds
from mostik.sync.link import Link, Links
from mostik.sync.parked import Parked
from mostik.sync.results import Results
from mostik.sync.run import Runs
from mostik.sync.rundesk import RunDesk
from mostik.sync.xref import Pairs


@dataclass(frozen=True, slots=True)
class Desk:
    """What a person at a terminal can do with a stack.

    Attributes:
        rows: job rows.
        queue: the jobs queue.
        replay: tries a failed job again.
        replays: try many again, by the tick.
        log_table: the request log.
        blobs: big bodies.
        book: connections.
        links: links.
        secrets: secret documents.
        health: figures.
        gates: what keeps calls and jobs back.
        runs: starts and steers runs.
        results: what runs have come to, page by page.
        parked: records in quarantine, and pending ones.
        state: the state table.
    """

    stack: LocalStack
    rows: JobRows
    queue: JobQueue
    replay: Replay
    replays: Replays
    log_table: Table
    blobs: Blobs
    book: ConnectionBook
    links: Links
    secrets: SecretsManager
    health: Health
    gates: GateBoard
    runs: RunDesk
    results: Results
    parked: Parked
    state: Table

    @classmethod
    def of(cls, stack: LocalStack) -> Desk:
        """Opens the desk of a running stack."""
        dynamodb, sqs = stack.client("dynamodb"), stack.client("sqs")
        secretsmanager = stack.client("secretsmanager")
        state = DynamoTable(dynamodb, stack.state_table, STATE_INDEXES)
        rows = JobRows(state)
        queue = SqsJobQueue(sqs, stack.jobs_queue_url)
        gauge = SqsGauge(sqs, stack.jobs_queue_url, stack.jobs_dead_letter_queue_url)
        return cls(
            stack=stack,
            rows=rows,
            queue=queue,
            replay=Replay(rows, queue, time.time),
            replays=Replays(state, rows, queue, time.time),
            log_table=DynamoTable(dynamodb, stack.request_log_table),
            blobs=S3Blobs(lambda: stack.client("s3"), stack.blobs_bucket),
            book=ConnectionBook(state, time.time),
            links=Links(state, time.time),
            secrets=SecretsManager(lambda: secretsmanager, stack.secrets_prefix, time.time),
            health=Health(gauge, rows, Gates(state), time.time),
            gates=GateBoard(state, ConnectionBook(state, time.time), time.time),
            runs=RunDesk(Runs(state), Links(state, time.time), queue, time.time),
            results=Results(state),
            parked=Parked(state, Pairs(state), time.time),
            state=state,
        )

    @property
    def log(self) -> LogReader:
        """A reader of the request log over all connections."""
        connections = [connection.id for connection in self.book.all()]
        return LogReader(self.log_table, connections, self.blobs, time.time)

    def connect(
        self,
        connection_id: str,
        integration: str,
        settings: Mapping[str, Any],
        *,
        door_secret: str | None = None,
        networks: tuple[str, ...] = (),
        ports: tuple[int, ...] = (),
        install_secret: str | None = None,
    ) -> None:
        """Sets up a connection: settings to the table, secrets to Secrets Manager, its door, and
        the errands that are woken.

        Args:
            connection_id: its id.
            integration: name of the integration.
            settings: with secrets.
            door_secret: proves its events.
            networks: see ``Connection``.
            ports: see ``Connection``.
            install_secret: path segment at which its application may hand over its tokens.

        Raises:
            ConfigurationError: the settings are not what the integration wants, or the address is
                not one that may be called.
        """
        found = integration_named(integration)
        checked = found.settings.model_validate(settings)
        if found.stored is None:
            check_base_url(found.base_url(checked), Reach(networks, ports))
        secret = secret_fields(found.settings)
        plain = {name: value for name, value in settings.items() if name not in secret}
        self.book.save(Connection(connection_id, integration, plain, networks, ports=ports))
        hidden = {name: value for name, value in settings.items() if name in secret}
        self.secrets.write(f"client/{connection_id}", json.dumps(hidden))
        self._keep_links(connection_id, found, checked)
        wakes = Wakes(self.state, time.time)
        for errand, key, every in found.wakes(checked):
            wakes.set(connection_id, errand, key, every)
        if found.webhook is not None and (door_secret or install_secret) is not None:
            door = Door(
                scheme_name=found.webhook.scheme(checked),
                parameters=found.webhook.parameters(checked),
                secrets=(AcceptedSecret("1", door_secret),) if door_secret else (),
                install=(AcceptedSecret("1", install_secret),) if install_secret else (),
            )
            self.secrets.write(f"door/{connection_id}", dump_door(door))

    def connections(self) -> OpenConnections:
        """Opens connections as the worker does, for a command."""
        effects = Effects(time.time, time.sleep, random.random)
        slots = DynamoSlots(self.stack.client("dynamodb"), self.stack.state_table)
        return OpenConnections(
            self.book,
            self.secrets,
            integration_named,
            effects,
            gate=Gatehouse(self.state, slots, effects, lambda _line: None),
            tokens=Tokens(self.secrets, self.state, effects),
            storage=lambda connection: Storage(connection, self.state, self.blobs, time.time),
        )

    def keep_links_of(self, connection_id: str) -> None:
        """Brings the links that follow from a connection's settings up to date."""
        opened = self.connections().get(connection_id)
        self._keep_links(connection_id, opened.integration, opened.settings)

    def _keep_links(
        self, connection_id: str, integration: Integration[Any, Any], settings: BaseModel
    ) -> None:
        with suppress(ConfigurationError):  # the other side may come later
            Bonds(self.links, self._resources_of).keep(connection_id, integration, settings)

    def _resources_of(self, connection_id: str) -> Collection[str]:
        return integration_named(self.book.get(connection_id).integration).resources

    def admit_1c(self, connection_id: str, login: str, password: str) -> None:
        """Lets 1C in at ``/exchange/<connection>`` with a login and a password."""
        door = Door(scheme_name="basic", secrets=(AcceptedSecret("1", f"{login}:{password}"),))
        self.secrets.write(f"door/{connection_id}", dump_door(door))

    def let_sign_in(self, issuer: str, client_id: str, networks: tuple[str, ...]) -> None:
        """Has people sign in to the admin pages at an identity provider."""
        document = {
            "issuer": issuer,
            "client_id": client_id,
            "networks": networks,
            "public_url": self.stack.api_url,
        }
        self.secrets.write("sign-in", json.dumps(document))

    def door(self, connection_id: str) -> Door | None:
        """Returns a connection's door, to sign what the command line sends there."""
        document = self.secrets.read(f"door/{connection_id}")
        return parse_door(document) if document is not None else None

    def link(self, link: Link) -> None:
        """Sets up a link."""
        self.links.save(link)

    def admin_password(self) -> str:
        """Returns the admin's generated password."""
        return self.secrets.read("admin") or ""

    def invoke(self, function: str, event: Mapping[str, Any]) -> Any:
        """Invokes a function of the stack and returns its answer.

        Raises:
            RuntimeError: the function failed; the text is its error.
        """
        answer = self.stack.client("lambda").invoke(
            FunctionName=self.stack.functions[function], Payload=json.dumps(event).encode()
        )
        content = json.loads(answer["Payload"].read() or b"null")
        if "FunctionError" in answer:
            raise RuntimeError(f"{function} failed: {content}")
        return content
