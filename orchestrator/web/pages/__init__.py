"""What people see: the pages of the panel.

Reading is all that happens here; whatever a page has done goes through the API.
"""
