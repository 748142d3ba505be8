// A folder as a bucket, of what engines ask of an object store the part that reads: listings (ListObjectsV2),
// heads and ranges of objects. For the trial in clickhouse.mjs, in a process of its own, for the engine that
// asks it holds up the one that it runs in. Started with the folder; its first line is its port.
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';

const BUCKET = '/bucket';
const KEYS_PER_PAGE = 1000;

const folder = path.resolve(process.argv[2]);
const keys = fs
  .readdirSync(folder, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
  .sort();

/** What two answers about the same object have in common. */
const tagOf = ({ size, mtimeMs }) => `"${size}-${Math.trunc(mtimeMs)}"`;
const escaped = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');

function listing(query) {
  const prefix = query.get('prefix') ?? '';
  const after = query.get('continuation-token') ?? query.get('start-after') ?? '';
  const rest = keys.filter((key) => key.startsWith(prefix) && key > after);
  const page = rest.slice(0, KEYS_PER_PAGE);
  const isTruncated = rest.length > page.length;
  const objects = page.map((key) => {
    const stat = fs.statSync(path.join(folder, key));
    return `<Contents><Key>${escaped(key)}</Key><LastModified>${stat.mtime.toISOString()}</LastModified>
      <ETag>${tagOf(stat)}</ETag><Size>${stat.size}</Size><StorageClass>STANDARD</StorageClass></Contents>`;
  });
  return `<?xml version="1.0" encoding="UTF-8"?>
    <ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>bucket</Name>
      <Prefix>${escaped(prefix)}</Prefix><MaxKeys>${KEYS_PER_PAGE}</MaxKeys><KeyCount>${page.length}</KeyCount>
      <IsTruncated>${isTruncated}</IsTruncated>
      ${isTruncated ? `<NextContinuationToken>${escaped(page[page.length - 1])}</NextContinuationToken>` : ''}
      ${objects.join('\n')}</ListBucketResult>`;
}

function sendObject(request, response, key) {
  const bytes = fs.readFileSync(path.join(folder, key));
  const stat = fs.statSync(path.join(folder, key));
  const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '');
  const from = range ? Number(range[1]) : 0;
  const end = range?.[2] ? Math.min(Number(range[2]) + 1, bytes.length) : bytes.length;
  response.writeHead(range ? 206 : 200, {
    'accept-ranges': 'bytes',
    'content-length': end - from,
    'content-range': `bytes ${from}-${end - 1}/${bytes.length}`,
    etag: tagOf(stat),
    'last-modified': stat.mtime.toUTCString(),
  });
  response.end(request.method === 'HEAD' ? undefined : bytes.subarray(from, end));
}

const server = http.createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url, 'http://127.0.0.1');
  const key = decodeURIComponent(pathname.slice(BUCKET.length + 1));
  if (pathname.startsWith(BUCKET) && keys.includes(key)) return sendObject(request, response, key);
  if (key === '' && searchParams.has('list-type'))
    return response.writeHead(200, { 'content-type': 'application/xml' }).end(listing(searchParams));
  response.writeHead(404).end();
});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
