"""Codes of the file itself: can it be read, and is it the plain YAML of a recipe."""

from orchestrator.recipe.codes.entry import Code

CODES: tuple[Code, ...] = (
    Code(
        "R001",
        "the file cannot be read",
        "The file is missing, is a folder, or may not be read by this user. Nothing else can be"
        " said about the recipe before this is put right.",
        "orchestrator recipe check recipes/gaurdian.yaml",
        "orchestrator recipe check recipes/guardian.yaml",
    ),
    Code(
        "R002",
        "the file is too large",
        "A recipe, and every file it includes, may have 256 KiB. A recipe is text for people; a"
        " larger file is nearly always data, or a file of another kind with this name.",
        "description: |\n  (300 KiB of a log)",
        "artifacts:\n  log: {file: log.txt, sha256: ..., type: file}",
    ),
    Code(
        "R003",
        "the file is not UTF-8",
        "Recipes are UTF-8, so that they mean the same on every machine. An editor that saves in"
        " UTF-16 or in the code page of a country writes other bytes for the same letters.",
        "name: Prüfung        # saved as Windows-1252",
        "name: Prüfung        # saved as UTF-8",
    ),
    Code(
        "R004",
        "the file begins with a byte order mark",
        "Some editors put three invisible bytes in front of UTF-8. Tools that compare or join files"
        " stumble over them. Save the file as UTF-8 without a byte order mark (BOM).",
        "(EF BB BF)recipe: 1",
        "recipe: 1",
    ),
    Code(
        "R005",
        "a character is not allowed",
        "Control characters, zero-width characters, characters that change the direction of text"
        " and exotic line breaks make a recipe look other than it is. Where such a character is"
        " really part of a value, write it as an escape in double quotes.",
        "serial: AB\u2423 12      # a zero-width space stands in the middle",
        'serial: "AB\\u200B12"',
    ),
    Code(
        "R006",
        "the text is not YAML",
        "The structure of the text cannot be understood from the marked place on: a bracket or"
        " quote is not closed, a line is indented by a tab or by another width than its neighbours,"
        " or a text that holds `: ` or begins with a special character lacks its quotes.",
        "name: Guardian: the line",
        'name: "Guardian: the line"',
    ),
    Code(
        "R007",
        "nested too deeply",
        "Lists and tables may stand in one another 40 levels deep. No recipe needs ten; deeper"
        " nesting is an accident or an attack on the reader.",
        "with: [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
        "with: {allowed: [a, b]}",
    ),
    Code(
        "R008",
        "too many values",
        "A file may hold 10,000 values and a recipe 500 steps. What repeats so often belongs into"
        " an artifact, or into several recipes.",
        "main:\n  - uses: sphere.identify   # 501 times",
        "main:\n  - uses: sphere.identify",
    ),
    Code(
        "R009",
        "anchors and aliases are not allowed",
        "An anchor (`&name`) and its alias (`*name`) let a line mean what is written elsewhere, and"
        " a few of them can stand for millions of values. Every value of a recipe is written where"
        " it is used. For a value that repeats declare an input; for steps that repeat use an"
        " include.",
        "- uses: sphere.restart\n  timeout: &long 90s\n- uses: sphere.identify\n  timeout: *long",
        "- uses: sphere.restart\n  timeout: 90s\n- uses: sphere.identify\n  timeout: 90s",
    ),
    Code(
        "R010",
        "merge keys are not allowed",
        "`<<` copies the keys of another table into this one, and which of two values wins is known"
        " to few. Write the keys out, or put whole steps into an include.",
        "- <<: *common\n  uses: sphere.restart",
        "- uses: sphere.restart\n  timeout: 90s",
    ),
    Code(
        "R011",
        "tags and directives are not allowed",
        "A tag such as `!!str` tells a YAML reader what kind of value follows. In a recipe the step"
        " decides that: scalars stay text until a parameter asks for a number, a duration or"
        " another kind.",
        "with: {version: !!str 22.10}",
        "with: {version: 22.10}",
    ),
    Code(
        "R012",
        "a second document begins",
        "One file holds one recipe. A line `---` after the first text begins a second document,"
        " which other readers would silently ignore.",
        "recipe: 1\nname: a\n---\nrecipe: 1\nname: b",
        "recipe: 1\nname: a",
    ),
    Code(
        "R013",
        "a key stands twice",
        "In one table every key stands once. Other YAML readers take the last one without a word,"
        " so that a limit at the top of a step could be undone at its end.",
        "timeout: 30s\ntimeout: 90s",
        "timeout: 90s",
    ),
    Code(
        "R014",
        "unknown key",
        "The language has no such key at this place. Nothing is ignored: a misspelled `required`"
        " or `retry` would otherwise do nothing, unnoticed. The message lists the keys that are"
        " allowed here.",
        "- uses: sphere.sideload\n  timout: 90s",
        "- uses: sphere.sideload\n  timeout: 90s",
    ),
    Code(
        "R015",
        "a key is missing",
        "This part of a recipe cannot be understood without the key. A recipe needs `recipe`,"
        " `name`, `version` and `main`; a step needs `uses`; an input needs `type`; an artifact"
        " needs `file` and `sha256`; `retry` needs `times`.",
        "recipe: 1\nname: guardian\nmain: [{uses: sphere.identify}]",
        'recipe: 1\nname: guardian\nversion: "1.0"\nmain: [{uses: sphere.identify}]',
    ),
    Code(
        "R016",
        "the wrong shape",
        "A list stands where keys belong, keys where a text belongs, or nothing at all where"
        " something is expected. A list has a `- ` in front of every item, a table has `key: value`"
        " lines.",
        "main:\n  uses: sphere.identify",
        "main:\n  - uses: sphere.identify",
    ),
    Code(
        "R017",
        "not one of the words allowed",
        "This value is one of a few words, which the message lists. They are compared letter by"
        " letter, capitals included.",
        "on_fail: ignore",
        "on_fail: continue",
    ),
    Code(
        "R018",
        "`recipe: 1` is not the first key",
        "The first key names the version of the language, so that every program knows at once"
        " whether it can read the rest.",
        'name: guardian\nversion: "1.0"',
        'recipe: 1\nname: guardian\nversion: "1.0"',
    ),
    Code(
        "R019",
        "the language version is not known",
        "This program reads version 1 of the recipe language. A newer recipe may use words that it"
        " does not know, so it is not read at all. The version of your own recipe belongs to"
        " `version`.",
        "recipe: 2",
        "recipe: 1",
    ),
    Code(
        "R020",
        "nothing is there",
        "The file, `main` or a `parallel` group is empty. A recipe does something in `main`;"
        " `setup` and `teardown` may be left out.",
        "main: []",
        "main:\n  - uses: sphere.identify",
    ),
)
