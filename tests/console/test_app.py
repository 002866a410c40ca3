"""What every address of the admin port answers."""

from tests.support.console import Console
from tests.support.office import browsing


async def test_an_address_without_a_page_says_so_and_leads_back(console: Console) -> None:
    async with browsing(console) as client:
        answer = await client.get("/nowhere")
    assert answer.status_code == 404
    assert "There is nothing here" in answer.text
    assert '<a href="/">Now</a>' in answer.text


async def test_an_address_of_the_api_without_an_operation_answers_in_json(console: Console) -> None:
    async with browsing(console) as client:
        answer = await client.get("/api/nowhere")
    assert (answer.status_code, answer.json()) == (404, {"message": "there is nothing at this address"})


async def test_files_are_served_under_names_that_browsers_may_keep_for_ever(console: Console) -> None:
    async with browsing(console) as client:
        page = await client.get("/nowhere")
        address = page.text.split('<link rel="stylesheet" href="')[1].split('"')[0]
        answer = await client.get(address)
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["content-type"] == "text/css; charset=utf-8"
