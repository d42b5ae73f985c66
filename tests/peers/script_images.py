"""Cases of the published client: images, applications, certificates."""

OPEN, PLAIN, UPDATING = 2, 6, 10
UNKNOWN = "2f074b0f-d99d-4692-82d9-ef93a7d6463c"
CONFLICT = {"wanted": "DeviceError", "text": "The device could not perform this request"}
INVALID = {"wanted": "DeviceError", "text": "An invalid request was made to the device"}
UNAVAILABLE = {"wanted": "DeviceError", "text": "This resource is unavailable on this device"}


def run(s):
    """Go through this part's cases."""
    sideload(s)
    applications(s)
    deletion(s)
    certificates(s)
    wrong_certificates(s)


def components(answer):
    """Return the component ids of an answer."""
    return [component["uid"] for component in answer["components"]]


def sideload(s):
    """Staged images show up and stay until an install takes them."""
    good, good_id = str(s.FOLDER / "good.imagepackage"), s.FACTS["good"]
    s.gives(
        *(OPEN, "image.get_images"),
        check=lambda a: not a["has_staged_updates"] and good_id not in components(a),
        wanted="nothing staged",
    )
    s.same(OPEN, "sideload.install_images", wanted={})
    s.same(OPEN, "sideload.stage_image", good, wanted={})
    s.gives(
        *(OPEN, "image.get_images"),
        check=lambda a: a["has_staged_updates"],
        wanted="something staged",
    )
    s.same(OPEN, "app.get_app_status", good_id, wanted={"state": "notPresent"})
    s.same(OPEN, "sideload.install_images", wanted={})
    s.gives(
        *(OPEN, "image.get_images"),
        check=lambda a: good_id in components(a) and not a["has_staged_updates"],
        wanted="installed",
    )
    s.same(OPEN, "sideload.stage_image", str(s.FOLDER / "sdk.imagepackage"), wanted={})
    s.same(OPEN, "sideload.install_images", "Manual", wanted={})
    s.same(OPEN, "app.get_app_status", s.FACTS["sdk"], wanted={"state": "stopped"})
    refused = {"wanted": "DeviceError|UnknownDeviceError", "text": ""}
    s.raises(OPEN, "sideload.stage_image", str(s.FOLDER / "ca.pem"), **INVALID)
    s.raises(PLAIN, "sideload.stage_image", str(s.FOLDER / "sdk.imagepackage"), **refused)
    s.raises(UPDATING, "sideload.stage_image", good, **CONFLICT)
    s.raises(UPDATING, "sideload.install_images", **CONFLICT)
    wrong = {"wanted": "ValidationError"}
    s.raises(OPEN, "sideload.stage_image", "", text="null or empty", **wrong)
    s.raises(OPEN, "sideload.stage_image", "no such file", text="null or empty", **wrong)
    s.raises(OPEN, "sideload.install_images", "Later", text="Cannot set the app status", **wrong)


def applications(s):
    """State, start and stop, storage quota and memory of applications."""
    app = s.FACTS["good"]
    s.same(OPEN, "app.get_app_status", app, wanted={"state": "running"})
    s.same(OPEN, "app.get_app_status", UNKNOWN, wanted={"state": "notPresent"})
    s.gives(
        *(OPEN, "app.set_app_status", app, "stop"),
        check=lambda a: a["state"] == "stopped",
        wanted="stopped",
    )
    s.same(OPEN, "app.get_app_status", app, wanted={"state": "stopped"})
    s.gives(
        *(OPEN, "app.set_app_status", app, "start"),
        check=lambda a: a["state"] == "running",
        wanted="running",
    )
    debugger = {"wanted": "DeviceError", "text": "debug"}
    s.raises(OPEN, "app.set_app_status", app, "startDebug", **debugger)
    s.raises(OPEN, "app.set_app_status", UNKNOWN, "start", **CONFLICT)
    s.same(OPEN, "app.get_app_quota", app, wanted={"UsageKB": 0, "LimitKB": 0})
    s.raises(OPEN, "app.get_app_quota", UNKNOWN, **UNAVAILABLE)
    s.gives(
        *(OPEN, "app.get_memory_statistics"),
        check=lambda a: all(isinstance(v, int) for v in a["memoryStats"].values()),
        wanted="three numbers of bytes",
    )
    no_right = {"wanted": "DeviceError|UnknownDeviceError", "text": ""}
    s.raises(PLAIN, "app.get_memory_statistics", **no_right)
    wrong = {"wanted": "ValidationError"}
    for function in ("app.get_app_status", "app.get_app_quota"):
        s.raises(OPEN, function, "no id", text="invalid component ID", **wrong)
    s.raises(OPEN, "app.set_app_status", "", "stop", text="invalid component ID", **wrong)
    s.raises(OPEN, "app.set_app_status", app, "pause", text="invalid trigger", **wrong)


def deletion(s):
    """Deleting is idempotent; afterwards the component has no quota."""
    app = s.FACTS["good"]
    s.same(OPEN, "sideload.delete_image", app, wanted={})
    s.gives(
        *(OPEN, "image.get_images"),
        check=lambda a: app not in components(a),
        wanted="gone",
    )
    s.same(OPEN, "sideload.delete_image", app, wanted={})
    s.same(OPEN, "sideload.delete_image", UNKNOWN, wanted={})
    s.raises(OPEN, "app.get_app_quota", app, **UNAVAILABLE)
    s.same(OPEN, "app.get_app_status", app, wanted={"state": "notPresent"})
    s.raises(
        *(OPEN, "sideload.delete_image", "12345"),
        wanted="ValidationError",
        text="invalid component ID",
    )


def certificates(s):
    """In, listed, described, out; the space shrinks and comes back."""
    space = s.gives(
        *(OPEN, "certificate.get_certificate_space"),
        check=lambda a: a == {"AvailableSpace": "24514"},
        wanted="the space of an empty store, as text",
    )
    s.same(OPEN, "certificate.get_all_certificates", wanted={"identifiers": []})
    root, client, key = (str(s.FOLDER / f) for f in ("root.pem", "client.pem", "client.key"))
    s.same(OPEN, "certificate.add_certificate", "testCA", root, "rootca", wanted={})
    s.same(
        OPEN, "certificate.add_certificate", "client-1", client, "client", key, "secret", wanted={}
    )
    s.gives(
        *(OPEN, "certificate.get_all_certificates"),
        check=lambda a: sorted(a["identifiers"]) == ["client-1", "testCA"],
        wanted="both",
    )
    s.gives(
        *(OPEN, "certificate.get_certificate", "testCA"),
        check=lambda a: (a["id"], a["subjectName"]) == ("testCA", "/CN=Test root"),
        wanted="its id and names",
    )
    s.gives(
        *(OPEN, "certificate.get_certificate_space"),
        check=lambda a: int(a["AvailableSpace"]) < int(space["AvailableSpace"]),
        wanted="less space",
    )
    s.same(OPEN, "certificate.remove_certificate", "testCA", wanted={})
    s.raises(OPEN, "certificate.remove_certificate", "testCA", **UNAVAILABLE)
    s.raises(OPEN, "certificate.get_certificate", "testCA", **UNAVAILABLE)


def wrong_certificates(s):
    """What the client stops itself, and what the board refuses."""
    adding, getting = "certificate.add_certificate", "certificate.get_certificate"
    removing = "certificate.remove_certificate"
    root, client, key = (str(s.FOLDER / f) for f in ("root.pem", "client.pem", "client.key"))
    junk, other = str(s.FOLDER / "facts.json"), str(s.FOLDER / "other.key")
    wrong = {"wanted": "ValidationError"}
    s.raises(OPEN, adding, "", root, "rootca", text="ID is null", **wrong)
    s.raises(OPEN, adding, "x", "", "rootca", text="path is null", **wrong)
    s.raises(OPEN, adding, "x", root, "RootCA", text="cert type is invalid", **wrong)
    s.raises(OPEN, adding, "x", "no such file", "rootca", text="path is invalid", **wrong)
    s.raises(OPEN, adding, "x", client, "client", text="private key path", **wrong)
    s.raises(OPEN, adding, "x", client, "client", key, text="invalid password", **wrong)
    s.raises(OPEN, getting, "", text="ID is null", **wrong)
    s.raises(OPEN, removing, "", text="ID is null", **wrong)
    s.raises(OPEN, adding, "x", junk, "rootca", **INVALID)
    s.raises(OPEN, adding, "not/valid", root, "rootca", wanted="DeviceError", text="")
    s.raises(OPEN, adding, "seventeen-letters", root, "rootca", **INVALID)
    s.raises(OPEN, adding, "x", client, "client", other, "secret", **INVALID)
    s.raises(OPEN, adding, "x", client, "client", key, "wrong", **INVALID)
