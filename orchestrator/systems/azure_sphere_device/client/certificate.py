"""Category Certificate: the board's store of certificates."""

from orchestrator.systems.azure_sphere_device import endpoints, models
from orchestrator.systems.azure_sphere_device.client import checks
from orchestrator.systems.azure_sphere_device.client.calls import BoardCalls
from orchestrator.transport.endpoint import Empty


class CertificateCalls(BoardCalls):
    """The calls of category Certificate."""

    async def add_certificate(
        self,
        identifier: str,
        *,
        certificate_type: models.CertificateType,
        public_certificate: str,
        private_key: str | None = None,
        password: str | None = None,
    ) -> Empty:
        """Store a certificate, PEM texts of at most 8192 bytes each. Sent once.

        A `client` certificate needs its key, and a password if that key is encrypted; a `rootca`
        takes neither.
        """
        checks.one_of(certificate_type, ("client", "rootca"), "type of certificate")
        is_client = certificate_type == "client"
        secrets = {"private_key": private_key, "password": password}
        checks.only_with(is_client, secrets, "certificates of type client")
        if is_client and private_key is None:
            raise checks.misuse("A client certificate needs its private key", "Give private_key")
        largest = checks.CERTIFICATE_BYTES
        body = models.CertificateUpload.model_validate(
            {
                "certType": certificate_type,
                "publicCert": checks.sized(public_certificate, "public certificate", 1, largest),
                "privateKey": checks.sized(private_key, "private key", 1, largest),
                "password": checks.sized(
                    password, "password of the private key", 1, checks.PASSWORD_BYTES
                ),
            }
        )
        answer: Empty = await self._call(
            endpoints.ADD_CERTIFICATE, path=checks.certificate(identifier), body=body
        )
        return answer

    async def list_certificates(self) -> models.CertificateIdentifiers:
        """Return the identifiers of all certificates in the store."""
        answer: models.CertificateIdentifiers = await self._call(endpoints.LIST_CERTIFICATES)
        return answer

    async def get_certificate(self, identifier: str) -> models.CertificateDetails:
        """Return names and validity of a certificate; an unknown one is refused (37.7)."""
        answer: models.CertificateDetails = await self._call(
            endpoints.GET_CERTIFICATE, path=checks.certificate(identifier)
        )
        return answer

    async def get_certificate_space(self) -> models.CertificateSpace:
        """Return the free room in the store."""
        answer: models.CertificateSpace = await self._call(endpoints.GET_CERTIFICATE_SPACE)
        return answer

    async def remove_certificate(self, identifier: str) -> Empty:
        """Delete a certificate; an unknown one is refused (37.7). Sent once."""
        answer: Empty = await self._call(
            endpoints.REMOVE_CERTIFICATE, path=checks.certificate(identifier)
        )
        return answer
