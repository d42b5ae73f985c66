"""The files a recipe consumes: found, read once, hashed, and asked what they say of themselves.

The bytes that are hashed here are the bytes that are kept and sent to units; the files are not
opened again.
"""

import hashlib
import re
from pathlib import Path

from orchestrator.domain.errors import InputMistakes
from orchestrator.recipe.check import shape
from orchestrator.recipe.check.context import Check
from orchestrator.recipe.nodes import Entry, Node, Table
from orchestrator.recipe.paths import inside
from orchestrator.recipe.plan import Artifact

ARTIFACT_KEYS = ("file", "sha256", "type")
ARTIFACT_TYPES = ("image", "file")
MOST_BYTES = 64 << 20
_SHA256 = r"[0-9a-fA-F]{64}"


def read_artifacts(check: Check, root: Table) -> None:
    """Fill `check.artifacts` from the recipe's `artifacts`."""
    node = root.get("artifacts")
    found = node and shape.table(check.report, node, "`artifacts`")
    if not isinstance(found, Table):
        return
    for entry in found.entries:
        check.artifacts_at[entry.key.value] = entry.key.place
        if shape.identifier(check.report, entry.key, "an artifact"):
            _read_artifact(check, entry)
    _same_component(check, found)


def _read_artifact(check: Check, entry: Entry) -> None:
    report, name = check.report, entry.key.value
    what = f"artifact `{name}`"
    body = shape.table(report, entry.value, what, ARTIFACT_KEYS, ("file",))
    if body is None:
        return
    kind = body.get("type")
    word = (kind and shape.word(report, kind, f"the type of {what}", ARTIFACT_TYPES)) or "image"
    file = body.get("file")
    written = file and shape.text(report, file, f"the file of {what}", most=240)
    if file is None or not isinstance(written, str):
        return
    content = _content(check, file, written)
    if content is None:
        return
    digest = hashlib.sha256(content).hexdigest()
    _compare(check, body, what, digest)
    facts = _facts(check, file, written, content) if word == "image" else {}
    if facts is not None:
        check.artifacts[name] = Artifact(name, written, digest, content, facts)


def _content(check: Check, node: Node, written: str) -> bytes | None:
    path = inside(check.folder, written)
    if isinstance(path, str):
        check.report.error(
            "R048", node.place, f"`{written}` is not a file a recipe may name", label=path
        )
        return None
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        close = _similar(path)
        check.report.error(
            "R049",
            node.place,
            f"the file `{written}` cannot be read: {error.strerror}",
            label=f"did you mean `{close}`?" if close else f"looked in {check.folder}",
            help="put the file beside the recipe; paths begin in the recipe's folder",
        )
        return None
    if not content or len(content) > MOST_BYTES:
        size = "empty" if not content else f"larger than {MOST_BYTES >> 20} MiB"
        check.report.error(
            "R049", node.place, f"the file `{written}` is {size}", label="this cannot be an image"
        )
        return None
    return content


def _similar(path: Path) -> str | None:
    from orchestrator.recipe.mistakes import nearest

    try:
        names = sorted(each.name for each in path.parent.iterdir() if each.is_file())[:1000]
    except OSError:
        return None
    guess = nearest(path.name, names)
    return guess if guess != path.name else None


def _compare(check: Check, body: Table, what: str, digest: str) -> None:
    node = body.get("sha256")
    if node is None:
        shape.missing_key(check.report, body, what, "sha256", f"write `sha256: {digest}`")
        return
    written = shape.text(check.report, node, f"the sha256 of {what}")
    if written is None:
        return
    if not re.fullmatch(_SHA256, written):
        check.report.error(
            "R021",
            node.place,
            f"the sha256 of {what} must have 64 hexadecimal digits",
            label=f"{len(written)} characters",
            help=f"the file has {digest}",
            replacement=digest,
        )
    elif written.lower() != digest:
        check.report.error(
            "R050",
            node.place,
            f"{what} is not the file that the recipe was written for",
            label="the file has another sha256",
            help=f"get the right file, or write `sha256: {digest}` if the new one is wanted",
            replacement=digest,
        )


def _facts(check: Check, node: Node, written: str, content: bytes) -> dict[str, str] | None:
    if check.inspect is None:
        return {}
    try:
        return dict(check.inspect(content))
    except InputMistakes as error:
        check.report.error(
            "R051",
            node.place,
            f"`{written}` is not an image: {error.what}",
            label="read and refused",
            help="write `type: file` for a file that is no image, or build the image again",
        )
        return None


def _same_component(check: Check, found: Table) -> None:
    """Report two artifacts of one component: the second would replace the first on the unit."""
    seen: dict[str, str] = {}
    for name, artifact in check.artifacts.items():
        component = artifact.facts.get("component_id", "").lower()
        if not component:
            continue
        first = seen.setdefault(component, name)
        if first == name:
            continue
        here, there = file_node(found, name), file_node(found, first)
        check.report.error(
            "R052",
            here.place,
            f"artifacts `{first}` and `{name}` are the same component",
            label=f"component {component}",
            also=((there.place, "the other one"),),
            help="a unit holds one image of a component: keep one of the two",
        )


def file_node(artifacts: Table, name: str) -> Node:
    """Return what messages about the artifact `name` point at: its file, else its entry."""
    entry = artifacts.entry(name)
    assert entry is not None
    body = entry.value
    return (body.get("file") if isinstance(body, Table) else None) or body
