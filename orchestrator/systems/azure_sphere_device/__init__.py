"""Azure Sphere device REST API (MT3620 boards) and the local device communication service.

Vendor document: Azure Sphere Device REST API, interface version 4.6.0, and the Windows device
communication service 1.0.0. Facts and their sources are cited at the rows and models.
Recordings of real boards held: none yet. Known differences to the document are noted at the rows.
"""
