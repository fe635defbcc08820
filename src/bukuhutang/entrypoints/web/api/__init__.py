"""The tenant API `/api/v1`: a lender's book for the lender's own programs.

How a route is written (`debts.py` is the example):

    @router.get("/debts/{number}", response_model=DebtDetailOut, responses=refusals(NO_SUCH_DEBT))
    async def get_debt(number: NumberInPath, call: ApiReading) -> Response:
        async with call.reading() as book:          # a Book that writes nothing
            return call.shown(await debt_shown(book, number))   # with ETag; 304

    @router.post("/debts", status_code=201, response_model=DebtDetailOut, responses=refusals(…))
    async def post_debt(body: DebtIn, call: ApiWriting) -> Response:
        async with call.writing(name=body.name) as work:        # the book's lock is held
            done = await record_debt(work.book, …)              # the chat's own use case
            return await work.answer(
                lambda: debt_shown(work.book, done.number),     # read after the facts are written
                status=201, location=f"/debts/{done.number}",
            )

- `call.writing` gives a repeated request its first answer again (by raising `Replayed`), so what
  stands in the block is done once. The block must end with `work.answer`; a refusal stores
  nothing. Its first argument is the permission the act needs, RECORD unless said otherwise.
- A PATCH calls `work.expect(await shown(…))` before it changes anything: it demands If-Match.
- A list takes a query with `limit` and `cursor`, reads one row more than asked, and answers
  `{"items": […], "nextCursor": …}`; `call.after("debts", cursor)` and `call.next(…)` make the marks
  (add the list's name to `cursors.Listed`).
- Every refusal a route may meet is declared with `refusals(…)`, has a status in `problems.STATUSES`
  and words in `rendering/texts/{id,en}/problems`. What the gate may say (keys, rates, idempotency)
  is declared for all routes by `openapi.py`.
- The router is named in `app.py: TENANT_ROUTERS`; `gate.py` guards whatever lies under /api/v1.
"""
