"""The evidence: tables, the one writer, named queries, integrity check, migrations runner.

Implements `domain.records.Recorder`. The only floor that names sqlalchemy and alembic.
"""
