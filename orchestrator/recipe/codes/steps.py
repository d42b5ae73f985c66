"""Codes of steps: names, parameters, values, identifiers, time limits."""

from orchestrator.recipe.codes.entry import Code

CODES: tuple[Code, ...] = (
    Code(
        "R021",
        "a name is not well formed",
        "Names of inputs, secrets, artifacts and steps appear in conditions and in columns of"
        " reports: they begin with a small letter and go on with small letters, digits and `_`, at"
        " most 64. The name and the version of the recipe may also have capitals, spaces and"
        " `. + -`; a SHA-256 has 64 hexadecimal digits.",
        "inputs:\n  OS-Version: {type: text}",
        "inputs:\n  os_version: {type: text}",
    ),
    Code(
        "R022",
        "a text is empty or too long",
        "A name, a description or a value must say something, and must fit where it is shown and"
        " stored.",
        "- uses: sphere.identify\n  name:",
        "- uses: sphere.identify\n  name: Read the board's identity",
    ),
    Code(
        "R023",
        "unknown step",
        "No step of this program has that name. `orchestrator recipe steps` lists all of them with"
        " their parameters and measurements.",
        "- uses: sphere.identfy",
        "- uses: sphere.identify",
    ),
    Code(
        "R024",
        "unknown parameter",
        "The step has no such parameter. The message lists those it has; `orchestrator recipe steps"
        " NAME` also says what they mean.",
        "- uses: sphere.restart\n  with: {withing: 60s}",
        "- uses: sphere.restart\n  with: {within: 60s}",
    ),
    Code(
        "R025",
        "a parameter is missing",
        "The step cannot do its work without this parameter, and there is no default that would be"
        " right on every line.",
        "- uses: sphere.set_manufacturing_state",
        "- uses: sphere.set_manufacturing_state\n  with: {state: Module1Complete}",
    ),
    Code(
        "R026",
        "the value is of another kind",
        "Scalars are text until a parameter asks for another kind; then one spelling counts, with"
        " or without quotes. Truth is `true` or `false`, whole numbers have neither leading zeros"
        " nor `_`, numbers are plain decimals, lists are written as lists. So `22.10` stays `22.10`"
        " where a version is wanted, and `off` never turns into false.",
        "required: no",
        "required: false",
    ),
    Code(
        "R027",
        "the unit is missing",
        "A duration or a size without a unit is read differently by everybody. Write `ms`, `s`,"
        " `min` or `h` behind a duration, and `B`, `kB`, `KiB`, `MB`, `MiB`, `GB` or `GiB` behind a"
        " size, without a space.",
        "timeout: 90",
        "timeout: 90s",
    ),
    Code(
        "R028",
        "the duration is out of range",
        "A time limit must be more than 0 and at most 24 h. In no time nothing can be done, and a"
        " step that runs for more than a day blocks its slot unnoticed.",
        "timeout: 0s",
        "timeout: 30s",
    ),
    Code(
        "R029",
        "an id stands twice",
        "The id names one step: in conditions, in the audit and in reports over years. Steps"
        " without an `id` get one from the last word of `uses`, with a number when it is taken.",
        "- {uses: sphere.identify, id: look}\n- {uses: sphere.restart, id: look}",
        "- {uses: sphere.identify, id: look}\n- {uses: sphere.restart, id: restart}",
    ),
    Code(
        "R040",
        "a conditional step must say `required: false`",
        "A step with `if` may be skipped, and skipped is never passed. An irreversible step runs"
        " only when every required step before it has passed; a required step that may be skipped"
        " would lock that gate or, worse, open it. So the recipe says in words that nothing depends"
        " on this step.",
        "- uses: sphere.restart\n  if: inputs.restart",
        "- uses: sphere.restart\n  if: inputs.restart\n  required: false",
    ),
    Code(
        "R041",
        "the condition is not understood",
        "Conditions are comparisons joined by `and`, `or`, `not` and parentheses: `==`, `!=`, `<`,"
        " `<=`, `>`, `>=`, `in [...]`, `not in [...]`. Text stands in quotes. There are no calls,"
        " no arithmetic and no templates.",
        "if: inputs.region = 'eu' && inputs.build > 7",
        "if: inputs.region == 'eu' and inputs.build > 7",
    ),
    Code(
        "R042",
        "a name in the condition is not known",
        "Conditions may use `inputs.NAME`, `unit.part_number`, `unit.revision`,"
        " `unit.serial_number` and `steps.ID.outcome` of steps that have ended by then: those above"
        " this one, outside of its own `parallel` group. A text needs quotes.",
        "if: inputs.region == eu",
        "if: inputs.region == 'eu'",
    ),
    Code(
        "R043",
        "the condition cannot be decided, or never holds",
        "Text compares with text, numbers with numbers; only numbers have an order; a name alone"
        " must be true or false. A comparison with a word that an input or an outcome can never be"
        " is a mistake too.",
        "if: steps.identify.outcome == 'passed'",
        "if: steps.identify.outcome == 'PASS'",
    ),
    Code(
        "R044",
        "the reference is not declared",
        "`${{ inputs.NAME }}` needs an input of that name at the top of the recipe; of the unit"
        " there are `unit.part_number`, `unit.revision` and `unit.serial_number`.",
        'with: {allowed: ["${{ inputs.os }}"]}',
        'inputs:\n  os: {type: text}\n...\nwith: {allowed: ["${{ inputs.os }}"]}',
    ),
    Code(
        "R045",
        "the reference is not written as one",
        "A reference is the whole value, and only names from a closed list can be referred to:"
        " text is not put together and nothing is calculated. Secrets and artifacts are given by"
        " their bare name, to parameters of that kind only, so that a secret cannot end in a text.",
        'with: {version: "v${{ inputs.os }}", images: ["${{ artifacts.app }}"]}',
        'with: {version: "${{ inputs.os }}", images: [app]}',
    ),
    Code(
        "R046",
        "the reference does not fit",
        "The input is of another type than the parameter, or the parameter takes no reference"
        " (durations, sizes). An input for a parameter that takes certain words must be of type"
        " choice, with no other words than those.",
        "inputs:\n  state: {type: text}\n...\nwith: {state: '${{ inputs.state }}'}",
        "inputs:\n  state: {type: choice, choices: [Module1Complete]}",
    ),
    Code(
        "R056",
        "the number is out of range",
        "A number of tries must be sensible: `times` counts the further tries after the first, from"
        " 1 to 20. Who needs more has another problem.",
        "retry: {times: 1000}",
        "retry: {times: 3, wait: 5s}",
    ),
    Code(
        "R057",
        "the choices of an input are not right",
        "An input of type choice lists the words it may have under `choices`, each once, and its"
        " default is one of them. Other types have no `choices`.",
        "region: {type: choice, default: eu}",
        "region: {type: choice, choices: [eu, us], default: eu}",
    ),
    Code(
        "R058",
        "only steps can stand in a parallel group",
        "A `parallel` group holds steps that run side by side, and ends when all have ended. Groups"
        " are not nested, and an include does not stand in one.",
        "- parallel:\n    - parallel: [{uses: sphere.identify}]",
        "- parallel:\n    - uses: sphere.identify",
    ),
    Code(
        "R059",
        "a check must come before",
        "What is claimed in the cloud stays claimed. A unit is claimed only after its ready check"
        " has passed in the same run, so the recipe must have that check, required, before the"
        " claim.",
        "main:\n  - uses: cloud.claim",
        'main:\n  - uses: sphere.ready_check\n    with: {allowed_os: ["22.11"], images: [app]}\n'
        "  - uses: cloud.claim",
    ),
)
