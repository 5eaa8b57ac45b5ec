from __future__ import annotations

import json
import stat
from collections.abc import Callable
from datetime import date, timedelta
from hashlib import sha256
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.core.management import CommandError, call_command

from dashboard import audit_chain, keys
from dashboard.audit_chain import Signer
from dashboard.auditing import checking, daily, export
from dashboard.models import AuditEntry, Cluster
from dashboard.queries import audit_entries
from tests import builders
from tests.builders import NOON

pytestmark = pytest.mark.django_db
DAYS = 4


@pytest.fixture
def days(prod: Cluster) -> Cluster:
    """Four days of two clusters: prod has the odd numbers, other the even ones."""
    other = builders.cluster("other")
    for day in range(DAYS):
        for cluster in (prod, other):
            daily.make(cluster, NOON + timedelta(days=day))
    return prod


def checked() -> checking.Report:
    return checking.chain(checking.own_keys())


def command(*words: str) -> tuple[int, str]:
    """Exit status and what was printed."""
    out = StringIO()
    try:
        call_command(*words, stdout=out)
    except SystemExit as error:
        return int(str(error.code)), out.getvalue()
    except CommandError as error:
        return error.returncode, str(error)
    return 0, out.getvalue()


def test_a_chain_that_nobody_touched_is_whole(days: Cluster) -> None:
    report = checked()
    assert (report.first, report.last, report.links, report.contents) == (1, 8, 8, 8)
    assert report.signed and not report.error and report.head == AuditEntry.objects.get(number=8).digest


def resealed(entry: AuditEntry, change: Callable[[dict[str, Any]], None]) -> None:
    """Change what the entry says, and sign it anew with a key of one's own."""
    said = audit_chain.read(audit_entries.content(entry))
    change(said)
    text = audit_chain.canonical(said)
    link = Signer("11" * 32).link(entry.number, entry.previous_digest, text)
    entry.data, entry.digest, entry.signature, entry.key_id = (
        audit_chain.packed(text),
        link.digest,
        link.signature,
        link.key_id,
    )


def rewritten(entry: AuditEntry) -> None:
    said = audit_chain.read(audit_entries.content(entry))
    said["capacity"]["now"]["total"]["cpus"] = 99
    entry.data = audit_chain.packed(audit_chain.canonical(said))


NO_CLUSTERS = 10**9
"""A key: PostgreSQL counts on from test to test, and comes to small numbers."""


def _of_another_removed_one(entry: AuditEntry) -> None:
    entry.cluster, entry.cluster_key = None, NO_CLUSTERS


TAMPERED: dict[str, tuple[Callable[[AuditEntry], None], str]] = {
    "cluster_key": (lambda entry: setattr(entry, "cluster_key", NO_CLUSTERS), "belongs to another cluster"),
    "cluster_key of a removed cluster": (_of_another_removed_one, "another cluster key"),
    "cluster": (lambda entry: setattr(entry, "cluster", Cluster.objects.get(name="other")), "to another cluster"),
    "cluster_name": (lambda entry: setattr(entry, "cluster_name", "prod2"), "another cluster name"),
    "day": (lambda entry: setattr(entry, "day", date(2020, 1, 1)), "another day"),
    "made_at": (lambda entry: setattr(entry, "made_at", NOON - timedelta(days=9)), "another made at"),
    "previous_digest": (lambda entry: setattr(entry, "previous_digest", "ab" * 32), "its digest is not that of"),
    "digest": (lambda entry: setattr(entry, "digest", "ab" * 32), "its digest is not that of"),
    "signature": (lambda entry: setattr(entry, "signature", "ab" * 64), "its signature is not of its digest"),
    "a signature that is none": (lambda entry: setattr(entry, "signature", "none"), "its signature is not of"),
    "key_id": (lambda entry: setattr(entry, "key_id", "ab" * 32), "a key that is not trusted here"),
    "data": (lambda entry: setattr(entry, "data", b"nothing"), "its content cannot be unpacked"),
    "content": (rewritten, "its digest is not that of"),
    "a foreign key pair": (lambda entry: resealed(entry, lambda said: None), "a key that is not trusted here"),
}


@pytest.mark.parametrize("what", TAMPERED)
def test_whatever_is_changed_in_an_entry_is_told_with_its_number(days: Cluster, what: str) -> None:
    tamper, told = TAMPERED[what]
    entry = AuditEntry.objects.get(number=3)
    tamper(entry)
    entry.save()
    report = checked()
    assert (report.number, report.last) == (3, 2) and told in report.error
    assert checking.shown([AuditEntry.objects.get(number=3)], checking.own_keys())[3]
    status, said = command("verify_audit")
    assert status == 1 and said.startswith("BROKEN. Number 3: ") and "Numbers 1 to 2 before it" in said


def test_a_number_that_is_changed_is_told(days: Cluster) -> None:
    AuditEntry.objects.filter(number=8).update(number=9)
    assert checked().number == 9 and "another number" in checked().error


def test_an_entry_that_was_removed_is_told(days: Cluster) -> None:
    AuditEntry.objects.filter(number=4).delete()
    assert (checked().number, checked().last) == (5, 3) and "it follows number 3" in checked().error
    shown = checking.shown(list(AuditEntry.objects.filter(cluster_key=days.pk)), checking.own_keys())
    assert "number 5, which does not follow number 3" in shown[5] and not shown[1]


def test_entries_that_changed_places_are_told(days: Cluster) -> None:
    swapped = {3: 999, 5: 3, 999: 5}
    for number, other in swapped.items():
        AuditEntry.objects.filter(number=number).update(number=other)
    assert checked().number == 3 and "another number" in checked().error


def test_any_byte_that_is_changed_is_told_or_changes_nothing(prod: Cluster) -> None:
    """A few bits of a zstd frame mean nothing; whatever they are, what was signed is what is read."""
    daily.make(prod, NOON)
    entry = AuditEntry.objects.get()
    whole, content = bytes(entry.data), audit_entries.content(entry)
    told = 0
    for place in range(len(whole)):
        entry.data = whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :]
        if checking.report(checking.stored([entry]), checking.own_keys()).error:
            told += 1
        else:
            assert audit_entries.content(entry) == content
    assert told >= len(whole) - 2
    for end in (whole[:-1], whole + b"x", whole + whole):
        entry.data = end
        assert checking.report(checking.stored([entry]), checking.own_keys()).error


def test_a_chain_signed_anew_with_another_key_is_told_at_its_first_entry(days: Cluster) -> None:
    foreign, before = Signer("22" * 32), audit_chain.ORIGIN
    for entry in AuditEntry.objects.order_by("number"):
        said = audit_chain.read(audit_entries.content(entry)) | {
            "previous_digest": before,
            "public_key": foreign.public,
        }
        text = audit_chain.canonical(said)
        link = foreign.link(entry.number, before, text)
        AuditEntry.objects.filter(pk=entry.pk).update(
            data=audit_chain.packed(text),
            previous_digest=before,
            digest=link.digest,
            signature=link.signature,
            key_id=link.key_id,
        )
        before = link.digest
    assert checked().number == 1 and "not trusted here" in checked().error
    assert not checking.chain(audit_chain.trusted([foreign.public])).error


def test_a_chain_whose_oldest_entries_were_forgotten_is_whole_and_says_so(days: Cluster) -> None:
    AuditEntry.objects.filter(number__lt=4).delete()
    assert (checked().first, checked().last, checked().error) == (4, 8, "") and not checked().from_the_beginning
    status, said = command("verify_audit")
    assert status == 0 and "begins here at number 4" in said


def test_nothing_to_check_is_not_called_well(prod: Cluster) -> None:
    assert command("verify_audit") == (2, "Nothing was checked: there is no entry.\n")


def test_without_a_key_no_signature_is_called_checked(days: Cluster, data: Path) -> None:
    (data / "audit_key").unlink()
    status, said = command("verify_audit")
    assert status == 2 and "NO SIGNATURE was checked" in said and not (data / "audit_key").exists()
    assert json.loads(command("verify_audit", "--json")[1])["signed"] is False


def test_the_key_is_made_at_first_use_and_only_its_owner_reads_it(prod: Cluster, data: Path) -> None:
    assert not list(data.iterdir())
    daily.make(prod, NOON)
    assert [path.name for path in data.iterdir()] == ["audit_key"]
    assert stat.S_IMODE((data / "audit_key").stat().st_mode) == 0o600


def test_after_a_new_key_the_old_one_still_verifies(days: Cluster, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = (data / "audit_key").read_text()
    monkeypatch.setenv("DAYTWO_AUDIT_KEY", f"{'33' * 32},{old}")
    daily.make(days, NOON + timedelta(days=DAYS))
    assert AuditEntry.objects.get(number=9).key_id == Signer("33" * 32).key_id and not checked().error
    monkeypatch.setenv("DAYTWO_AUDIT_KEY", "33" * 32)
    assert checked().number == 1
    assert keys.known_audit_keys(data) == ["33" * 32]


def test_an_export_of_one_cluster_is_checked_elsewhere_by_the_public_key_alone(
    days: Cluster, data: Path, tmp_path: Path
) -> None:
    """By nothing of Day Two: what the file's first line says is all that is used."""
    file = tmp_path / "prod.jsonl"
    status, said = command("export_audit", str(file), "--cluster", "prod", "--since", "2026-11-23")
    assert status == 0 and "5\u00a0entries" in said
    public = said.rpartition("Public key ")[2].split()[-1]
    header, *rows = [json.loads(line) for line in file.read_text().splitlines()]
    assert "Trust only a public key" in header["how"]
    before = None
    for row in rows:
        if "content" in row:
            assert sha256(row["content"].encode()).hexdigest() == row["content_digest"]
            assert json.loads(row["content"])["cluster_name"] == "prod"
        chained = sha256(f"{row['previous_digest']}\n{row['content_digest']}".encode()).hexdigest()
        assert chained == row["digest"] and before in (None, row["previous_digest"])
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(public)).verify(
            bytes.fromhex(row["signature"]), bytes.fromhex(row["digest"])
        )
        before = row["digest"]
    assert [(row["number"], "content" in row) for row in rows] == [
        (3, True), (4, False), (5, True), (6, False), (7, True),
    ]  # fmt: skip
    (data / "audit_key").unlink()
    status, said = command("verify_audit", str(file), "--public-key", public)
    assert status == 0 and "of which 3 with their content" in said
    assert command("verify_audit", str(file))[0] == 2
    assert command("verify_audit", str(file), "--public-key", "44" * 32)[0] in (1, 2)
    assert "is there already" in command("export_audit", str(file))[1]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda lines: [*lines[:2], lines[2].replace("mesos", "mexos", 1), *lines[3:]], "its content is not the one"),
        (lambda lines: [*lines[:2], *lines[3:]], "it follows number 1"),
        (lambda lines: [*lines[:2], lines[3], lines[2], *lines[4:]], "it follows number 1"),
        (lambda lines: lines[1:], "line 1 does not say so"),
        (lambda lines: [*lines[:3], "{", *lines[4:]], "line 4 is not JSON"),
        (lambda lines: [*lines[:3], "[]", *lines[4:]], "line 4 is not a JSON object"),
        (lambda lines: [*lines[:3], '{"number": 3}', *lines[4:]], "line 4 is not an entry"),
    ],
    ids=["a word", "an entry left out", "two swapped", "no header", "no JSON", "no object", "no entry"],
)
def test_a_file_that_was_changed_is_told(
    days: Cluster, tmp_path: Path, change: Callable[[list[str]], list[str]], told: str
) -> None:
    file = tmp_path / "audit.jsonl"
    file.write_text("\n".join(change([line.strip() for line in export.lines(NOON)])))
    status, said = command("verify_audit", str(file))
    assert status == 1 and told in said


def test_a_file_that_is_not_there_could_not_be_checked(db: None) -> None:
    assert command("verify_audit", "/nowhere/at-all")[0] == 2
    assert command("verify_audit", "--public-key", "xyz")[0] == 2


def test_a_signature_is_of_the_digest_alone() -> None:
    signer = Signer("55" * 32)
    link = signer.link(1, audit_chain.ORIGIN, "{}")
    public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(signer.public))
    public.verify(bytes.fromhex(link.signature), bytes.fromhex(link.digest))
    with pytest.raises(InvalidSignature):
        public.verify(bytes.fromhex(link.signature), bytes(32))
