-- Opens the file that nvim was started on with the built-in client, and prints as JSON what it is told.
local out = {}
local client = vim.lsp.start_client({
  name = 'shimtrace',
  cmd = { vim.env.SHIMTRACE_NODE, vim.env.SHIMTRACE_CLI, 'lsp' },
  root_dir = vim.fn.getcwd(),
})
vim.lsp.buf_attach_client(0, client)
vim.wait(60000, function()
  return #vim.diagnostic.get(0) > 0
end, 50)
out.diagnostics = {}
for _, d in ipairs(vim.diagnostic.get(0, { severity = vim.diagnostic.severity.ERROR })) do
  table.insert(out.diagnostics, { line = d.lnum + 1, message = d.message, code = d.code })
end
local function ask(method, line, more)
  local params = vim.tbl_extend('force', {
    textDocument = { uri = vim.uri_from_bufnr(0) },
    position = { line = line - 1, character = 0 },
  }, more or {})
  local replies = vim.lsp.buf_request_sync(0, method, params, 30000) or {}
  for _, reply in pairs(replies) do
    return reply.result
  end
end
out.hover = ask('textDocument/hover', 702).contents.value
out.definitions = {}
for _, place in ipairs(ask('textDocument/definition', 778)) do
  table.insert(out.definitions, place.range.start.line + 1)
end
out.references = #ask('textDocument/references', 702, { context = { includeDeclaration = true } })
out.symbols = ask('textDocument/documentSymbol', 1)[1].name
out.lens = ask('textDocument/codeLens', 1)[1].command.title
local at = { line = 701, character = 0 }
out.action = ask('textDocument/codeAction', 702, {
  range = { start = at, ['end'] = at },
  context = { diagnostics = {} },
})[1].title
-- What a person does: several places come as a list to step through.
vim.api.nvim_win_set_cursor(0, { 778, 0 })
vim.lsp.buf.references()
vim.wait(30000, function()
  return #vim.fn.getqflist() > 0
end, 50)
out.listed = #vim.fn.getqflist()
io.stdout:write(vim.json.encode(out) .. '\n')
vim.cmd('qa!')
