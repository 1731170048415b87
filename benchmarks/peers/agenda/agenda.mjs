// Due jobs handled by agenda, with others waiting: `node agenda.mjs <options as JSON>`; prints a rate.
// Its settings: as many at once as in our question's other contenders, no limit on locks, looked for
// four times a second, finished jobs removed, and both indexes of its documentation.
import { MongoBackend } from '@agendajs/mongo-backend';
import { Agenda } from 'agenda';
import { MongoClient } from 'mongodb';

const options = JSON.parse(process.argv[2]);
const AT_ONCE = 16;
const client = await MongoClient.connect(options.url, { w: 'majority', journal: true });
const database = client.db(options.database);
const done = database.collection('done');
await done.insertOne({ made: true });

const backend = new MongoBackend({ mongo: database });
const agenda = new Agenda({
  backend,
  processEvery: 250,
  maxConcurrency: AT_ONCE,
  defaultConcurrency: AT_ONCE,
  defaultLockLimit: 0,
  lockLimit: 0,
  removeOnComplete: true,
});
agenda.on('error', (error) => console.error(error.name));

// One scheduled by agenda itself shows what its rows look like.
agenda.define('note', async (job) => {
  await done.insertOne({ key: job.attrs.data.key });
});
await agenda.schedule(new Date(Date.now() + 86_400_000), 'note', { key: 'first' });
const jobs = database.collection('agendaJobs');
// For kinds with thousands of jobs: without it each look that finds nothing reads all that wait.
await jobs.createIndex({ name: 1, disabled: 1, lockedAt: 1 }, { name: 'findAndLockDeadJobs' });
const { _id, ...row } = await jobs.findOne({ name: 'note' });

const rows = (count, at, prefix) =>
  Array.from({ length: count }, (_, n) => ({ ...row, data: { key: prefix + n }, nextRunAt: at(n) }));
const now = Date.now();
const waiting = rows(options.waiting, (n) => new Date(now + 86_400_000 + n * 1000), 'waiting/');
const due = rows(options.due, () => new Date(now - 60_000), 'due/');
for (const all of [waiting, due]) {
  for (let n = 0; n < all.length; n += 5000) await jobs.insertMany(all.slice(n, n + 5000));
}

// Called once a job's end is saved: counted here, so that no counting burdens the database.
const ended = new Promise((resolve) => {
  let handled = 0;
  agenda.on('complete', () => {
    handled += 1;
    if (handled === options.due) resolve();
  });
});
const began = process.hrtime.bigint();
await agenda.start();
await ended;
const seconds = Number(process.hrtime.bigint() - began) / 1e9;
await agenda.stop();
await client.close();
console.log(options.due / seconds);
process.exit(0);
