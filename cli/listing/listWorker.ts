/** The second thread of a listing: see listSlices.ts. */
import { parentPort } from 'node:worker_threads';
import { startZstd } from '../../shell/zstd.js';
import { printSlices, type ListingJob } from './printSlices.js';

const zstd = startZstd();

parentPort!.once('message', (job: ListingJob) => {
  void zstd.then(({ unzstd }) => printSlices(job, { unzstd }));
});
