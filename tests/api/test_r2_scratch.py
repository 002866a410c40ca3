import json
from tests.support.office import browsing
from bridge.catalog import load_catalog

async def test_x(console):
    console.set("R2_ENV", "CANARYENVVALUE")
    console.set("BRIDGE_KEY", "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=")
    console.keep_secrets(); console.receive("o1")
    t=(console.folder/"mappings"/"till.yaml").read_text()
    lk = t.replace("mappings:\n", "lookup:\n  base_url: https://example.com/${env:BRIDGE_KEY}/${env:R2_ENV}\n  get: (\"a/\" & order)\n  headers: {X-Foo: \"${env:R2_ENV}\"}\nmappings:\n".replace('("a/" & order)', "join('', ['/a/', order])"))
    tp=(console.folder/"mappings"/"touchpoints.yaml").read_text()+"  ev:\n    channel: http\n    url: https://example.com/${env:R2_ENV}\n  ev2:\n    channel: mail\n    base_url: ftp://${env:R2_ENV}\n    token: ${env:R2_ENV}\n    api_key: ${secret:pxp-api-key}x y\n    timeout: ${env:R2_ENV}\n  ev3:\n    channel: mail\n    base_url: https://${env:R2_ENV}/x?y=${env:R2_ENV}\n    token: ${secret:steady}\n    api_key: ${env:R2_ENV}\n"
    async with browsing(console,"viewer") as c:
        a=(await c.get("/api/mappings")).json()
        marks={f["name"]:f["opened"] for f in a["files"]}
        r=await c.post("/api/mappings/try",json={"source":"till","files":[{"name":"till.yaml","text":lk,"opened":marks["till.yaml"]}],"payload":'{"type":"closed","id":"1","order":"7","guest":"a@b.c","shop":"v"}'})
        print(r.status_code,r.text[:2500], "CANARY" in r.text)
        r=await c.post("/api/mappings/check",json={"files":[{"name":"touchpoints.yaml","text":tp,"opened":marks["touchpoints.yaml"]}]})
        print(r.status_code,r.text[:3000], "CANARY" in r.text)
