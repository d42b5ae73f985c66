"""Floor 3: the verbs of a recipe, each a plain function over typed clients.

`table.py` lists all of them; nothing is found by import. What a check decides stands in
`findings.py`, apart from asking the board, so that single checks and the ready check agree.
"""
