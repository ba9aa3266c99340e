// Reads a recording by the npm package @mcap/core and prints counts, times and a checksum of the
// pictures' bytes, for tests/peers/recording_readers.py.
import { McapIndexedReader, McapStreamReader } from "@mcap/core";
import { createHash } from "node:crypto";
import { open, readFile } from "node:fs/promises";
import * as zlib from "node:zlib";
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const { decompress } = require("fzstd");
const unpack = {
  zstd: (data) => (zlib.zstdDecompressSync ? zlib.zstdDecompressSync(data) : decompress(data)),
};
const [, , path, way] = process.argv;
const counts = {};
const hash = createHash("sha256");
let first = null;
let last = null;

function take(topic, message) {
  counts[topic] = (counts[topic] ?? 0) + 1;
  first = first === null || message.publishTime < first ? message.publishTime : first;
  last = last === null || message.publishTime > last ? message.publishTime : last;
  if (topic.startsWith("/pictures/")) {
    hash.update(Buffer.from(JSON.parse(Buffer.from(message.data)).data, "base64"));
  }
}

if (way === "indexed") {
  const file = await open(path);
  const readable = {
    size: async () => BigInt((await file.stat()).size),
    read: async (offset, length) => {
      const data = new Uint8Array(Number(length));
      await file.read(data, 0, Number(length), Number(offset));
      return data;
    },
  };
  const reader = await McapIndexedReader.Initialize({ readable, decompressHandlers: unpack });
  for await (const message of reader.readMessages()) {
    take(reader.channelsById.get(message.channelId).topic, message);
  }
  await file.close();
} else {
  const reader = new McapStreamReader({ decompressHandlers: unpack });
  reader.append(await readFile(path));
  const topics = new Map();
  for (let record = reader.nextRecord(); record; record = reader.nextRecord()) {
    if (record.type === "Channel") topics.set(record.id, record.topic);
    if (record.type === "Message") take(topics.get(record.channelId), record);
  }
}
console.log(
  JSON.stringify({ counts, first: `${first}`, last: `${last}`, pictures: hash.digest("hex") }),
);
