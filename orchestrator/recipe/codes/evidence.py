"""Codes of limits, irreversible steps, artifacts and includes."""

from orchestrator.recipe.codes.entry import Code

_SHA = "6f1ed002ab5595859014ebf0951522d9..."

CODES: tuple[Code, ...] = (
    Code(
        "R030",
        "the step does not measure this",
        "A limit under `measure` belongs to a value that the step takes. A limit on a value that"
        " nobody measures would look like a check and never be one.",
        "- uses: sphere.restart\n  measure: {restart_second: {max: 60}}",
        "- uses: sphere.restart\n  measure: {restart_seconds: {max: 60}}",
    ),
    Code(
        "R031",
        "limit `min` is above `max`",
        "No number lies between them, so every unit would fail. With negative numbers, such as dBm,"
        " the smaller one is the one further from zero.",
        "rssi_dbm: {min: -20, max: -80, unit: dBm}",
        "rssi_dbm: {min: -80, max: -20, unit: dBm}",
    ),
    Code(
        "R032",
        "no value can satisfy the limit",
        "All members of a limit count together. When `equal`, or every value of `one_of`, breaks"
        " another member, every unit would fail.",
        "checks_passed: {equal: 5, max: 4}",
        "checks_passed: {equal: 5}",
    ),
    Code(
        "R033",
        "the pattern cannot be used",
        "A pattern is a regular expression of Python that must match the whole text. It must"
        " compile, have at most 200 characters, and end in good time on any text: a repeat of"
        " something that repeats, such as `(a+)+`, can take longer than a shift on thirty letters.",
        r"os_version: {pattern: '([0-9]+)+'}",
        r"os_version: {pattern: '[0-9]+(\.[0-9]+)*'}",
    ),
    Code(
        "R034",
        "the unit of measure is another one",
        "The step says in which unit it measures. Limits are not converted: give the numbers in"
        " that unit. `unit` may be left out; written, it guards against misreading them.",
        "stage_rate: {min: 10000, unit: B/s}",
        "stage_rate: {min: 10, unit: kB/s}",
    ),
    Code(
        "R035",
        "the limit does not fit the kind of value",
        "Numbers take min, max, equal and one_of; texts take equal, one_of and pattern; true or"
        " false takes equal.",
        "os_version: {min: 22}",
        "os_version: {one_of: ['22.10', '22.11']}",
    ),
    Code(
        "R036",
        "the limit asks for nothing",
        "Without min, max, equal, pattern or one_of every value passes. A value is recorded without"
        " a limit too: leave it out.",
        "measure: {install_seconds: {unit: s}}",
        "measure: {install_seconds: {max: 30, unit: s}}",
    ),
    Code(
        "R037",
        "an irreversible step takes no retry",
        "What cannot be undone is never repeated blindly. When the answer is lost, the station"
        " waits until the request can no longer be applied, asks the unit what is true, and acts"
        " again, once, only if it was not applied. That is built in: no `retry` adds to it and none"
        " can override it.",
        "- uses: sphere.set_manufacturing_state\n  with: {state: DeviceComplete}\n"
        "  retry: {times: 3}",
        "- uses: sphere.set_manufacturing_state\n  with: {state: DeviceComplete}",
    ),
    Code(
        "R038",
        "an irreversible step stands where it must not",
        "An irreversible step runs only when every required step before it has passed. Beside other"
        " steps in `parallel`, or in `teardown`, which always runs, this cannot be known.",
        "teardown:\n  - uses: sphere.set_manufacturing_state\n    with: {state: DeviceComplete}",
        "main:\n  - uses: sphere.set_manufacturing_state\n    with: {state: DeviceComplete}",
    ),
    Code(
        "R039",
        "nothing follows an irreversible step that did not end well",
        "When a step that cannot be undone fails, or nobody knows whether it was applied, a person"
        " decides (`orchestrator unit decide`). `on_fail: continue` would work on a unit in an"
        " unknown state.",
        "- uses: sphere.set_manufacturing_state\n  with: {state: DeviceComplete}\n"
        "  on_fail: continue",
        "- uses: sphere.set_manufacturing_state\n  with: {state: DeviceComplete}",
    ),
    Code(
        "R047",
        "an artifact or a secret is not declared",
        "Steps take artifacts and secrets by the names that the recipe declares at its top.",
        "with: {images: [ap]}",
        "artifacts:\n  app: {file: images/app.imagepackage, sha256: " + _SHA + "}\n"
        "...\nwith: {images: [app]}",
    ),
    Code(
        "R048",
        "the path is not allowed",
        "Files of a recipe lie in its folder or below, are named with `/` between folders, and have"
        " names that every system can store. A path that leaves the folder, also through a link,"
        " would make the recipe mean something else on the next machine.",
        "file: ../../images/app.imagepackage",
        "file: images/app.imagepackage",
    ),
    Code(
        "R049",
        "the artifact's file cannot be used",
        "The file is missing, cannot be read, is empty, or is larger than 64 MiB. It is read once,"
        " when the recipe is loaded, so that the first unit does not meet the mistake.",
        "file: images/ap.imagepackage",
        "file: images/app.imagepackage",
    ),
    Code(
        "R050",
        "the artifact has another SHA-256",
        "The file is not the one that the recipe was written for: it was built again, damaged, or"
        " replaced. Get the right file; or, if the new one is wanted, write its SHA-256, which"
        " makes this a new recipe with a new content hash.",
        "app: {file: images/app.imagepackage, sha256: 0000...}",
        "app: {file: images/app.imagepackage, sha256: " + _SHA + "}",
    ),
    Code(
        "R051",
        "the artifact is not an image",
        "The file was read as an image package and is none, or is damaged. For a file of another"
        " kind, such as a catalogue, write `type: file`.",
        "catalogue: {file: os.json, sha256: ...}",
        "catalogue: {file: os.json, sha256: ..., type: file}",
    ),
    Code(
        "R052",
        "two artifacts are the same component",
        "A unit holds one image of a component, so the second would replace the first. Usually one"
        " of the two was copied and not renamed.",
        "artifacts:\n  app: {file: app-1.0.imagepackage, sha256: ...}\n"
        "  ui: {file: app-1.1.imagepackage, sha256: ...}",
        "artifacts:\n  app: {file: app-1.1.imagepackage, sha256: ...}\n"
        "  ui: {file: ui-1.0.imagepackage, sha256: ...}",
    ),
    Code(
        "R053",
        "the artifact does not run on the finished unit",
        "The image is signed with the SDK's test key, which a board accepts only while it has the"
        " development capability. The recipe ends in DeviceComplete, where it has none: the unit"
        " would leave the line with an application that never starts.",
        "artifacts:\n  app: {file: app-signed-by-sdk.imagepackage, sha256: ...}",
        "artifacts:\n  app: {file: app-signed-by-cloud.imagepackage, sha256: ...}",
    ),
    Code(
        "R054",
        "declared and not used",
        "No step refers to this input, secret or artifact. The recipe runs; but an image that was"
        " meant to be loaded and is not even mentioned is worth a look.",
        "artifacts:\n  app: {file: app.imagepackage, sha256: ...}\nmain:\n"
        "  - uses: sphere.identify",
        "main:\n  - uses: sphere.sideload\n    with: {images: [app]}",
        severity="warning",
    ),
    Code(
        "R055",
        "the include cannot be used",
        "`- include: FILE` stands for the steps of a file with `steps:`. The file must be there, in"
        " the recipe's folder or below, and includes nothing itself: one level can be read by a"
        " person.",
        "main:\n  - include: comon.yaml",
        "main:\n  - include: common.yaml",
    ),
)
