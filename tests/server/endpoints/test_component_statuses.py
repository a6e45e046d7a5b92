from __future__ import annotations

from pathlib import Path

from tests.support.api import in_process

PATH = "/api/v1/componentstatuses"


async def test_component_statuses_are_made_for_each_request(tmp_path: Path) -> None:
    async with in_process(tmp_path) as api:
        listed = (await api.request("GET", PATH)).json()
        assert (listed["kind"], listed["metadata"]) == ("ComponentStatusList", {})
        assert [i["metadata"]["name"] for i in listed["items"]] == ["controller-manager", "scheduler", "etcd-0"]
        one = (await api.request("GET", f"{PATH}/etcd-0")).json()
        assert one["kind"] == "ComponentStatus"
        assert one["conditions"] == [{"type": "Healthy", "status": "True", "message": "ok"}]
        missing = await api.request("GET", f"{PATH}/etcd-9")
        assert (missing.status, missing.json()["message"]) == (500, "Component not found: etcd-9")
        chosen = (await api.request("GET", f"{PATH}?fieldSelector=metadata.name=scheduler")).json()
        assert [i["metadata"]["name"] for i in chosen["items"]] == ["scheduler"]
        table = await api.request("GET", PATH, headers={"accept": "application/json;as=Table;v=v1;g=meta.k8s.io"})
        assert table.json()["rows"][0]["cells"] == ["controller-manager", "Healthy", "ok", ""]
