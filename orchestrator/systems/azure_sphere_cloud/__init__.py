"""Azure Sphere in the cloud: claiming boards, products, device groups, images, deployments.

Two services behind one interface (`cloud.SphereCloud`): the Azure Sphere public API v2, which its
vendor retires in September 2027, and its successor, Azure Resource Manager's
`Microsoft.AzureSphere` 2024-04-01 in the subfolder `arm`.

Vendor documents: overview of the Azure Sphere public API and its reference, v2; the public
interface definition of the successor. Recordings of the real services held: none yet. What the
documents do not settle is marked "not settled" where it is decided, and is a switch of the
simulator where a choice is possible.
"""
