"""The operator panel and the station API: one application, served beside a running station.

`surface` is what it knows of the station, `api` what programs see, `pages` what people see. It
carries nothing out itself: commands go through the station's control, evidence through the audit.
"""
