"""Read-only views of the audit for people: each report is a row in one table."""
