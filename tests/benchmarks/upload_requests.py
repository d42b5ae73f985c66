"""The same upload with `requests` in threads, the way the vendor's client sends it.

    python upload_requests.py CA_FILE PORT BOARDS ROUNDS BYTES

Runs in the environment of the vendor's published client; prints one JSON object.
"""

import json
import sys
import threading
import time

import requests
from requests_toolbelt.adapters import host_header_ssl

HEADERS = {"Host": "*.devices.sphere.azure.local", "Content-Type": "application/octet-stream"}


def main():
    """Upload and print the figures."""
    ca_file = sys.argv[1]
    port, boards, rounds, size = map(int, sys.argv[2:])
    content = bytes(size)

    def send(session, board, times):
        for _ in range(times):
            session.put(
                f"https://127.0.1.{board + 1}:{port}/update/stage",
                data=content,
                headers=HEADERS,
                verify=ca_file,
            ).raise_for_status()

    sessions = [requests.Session() for _ in range(boards)]
    for board, session in enumerate(sessions):
        session.mount("https://", host_header_ssl.HostHeaderSSLAdapter())
        session.trust_env = False
        send(session, board, 1)
    threads = [
        threading.Thread(target=send, args=(session, board, rounds))
        for board, session in enumerate(sessions)
    ]
    began, cpu = time.perf_counter(), time.process_time()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    mib = boards * rounds * size / 2**20
    figures = {"mib_per_second": round(mib / seconds), "cpu_us_per_mib": round(cpu / mib * 1e6)}
    sys.stdout.write(json.dumps(figures))


if __name__ == "__main__":
    main()
