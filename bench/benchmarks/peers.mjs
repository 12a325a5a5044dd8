import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { prepareAudio } from '../peers/audio.mjs';
import { hardshipNote, measureHardships } from '../peers/hardship.mjs';
import { installPeer } from '../peers/install.mjs';
import { measureLongFile } from '../peers/long-file.mjs';
import { measureSpeed } from '../peers/speed.mjs';
import { standingFigures } from '../peers/standing.mjs';
import { OURS, PEERS } from '../peers/table.mjs';
import { speedTable } from '../peers/tables.mjs';
import { combined, missing } from '../result.mjs';
import { measureFasterWhisper } from '../throughput/faster-whisper.mjs';

/** @type {Record<'quick' | 'whole', import('../peers/speed.mjs').Plan & { repeats: number, aborts: number, patienceSeconds: number }>} */
const PLANS = {
  quick: {
    ...{ models: ['tiny.en'], rounds: 1, counts: [1, 4], twoThreads: false, stepSeconds: 15, budgetSeconds: 30 },
    ...{ repeats: 1, aborts: 1, patienceSeconds: 6 },
  },
  whole: {
    ...{ models: ['tiny.en', 'base'], rounds: 2, counts: [1, 2, 4], twoThreads: true },
    ...{ stepSeconds: 45, budgetSeconds: 170, repeats: 2, aborts: 5, patienceSeconds: 20 },
  },
};

/** @type {import('../result.mjs').Benchmark} */
export const benchmark = {
  title: 'Peers: the same work through other engines, as they install here',
  async measure(run) {
    const { clips, quick, progress } = run;
    const plan = quick ? PLANS.quick : PLANS.whole;
    /** @type {Map<string, string>} */
    const states = new Map();
    for (const peer of PEERS) {
      const installed = await installPeer(peer, progress);
      if (installed.kind === 'does not install') states.set(peer.name, `does not install: ${installed.reason}`);
    }
    const folder = await mkdtemp(join(tmpdir(), 'bench-peers-'));
    try {
      const audio = await prepareAudio(clips, folder, plan.repeats);
      const tried = [OURS, ...PEERS.filter(({ name }) => !states.has(name))];
      const { samples, unusable } = await measureSpeed({ peers: tried, plan, audio, folder, progress });
      for (const [name, reason] of unusable) states.set(name, `does not run here: ${reason}`);

      const able = tried.filter(({ name }) => !unusable.has(name));
      const hardships = [];
      for (const peer of able) {
        progress(`${peer.name}: aborts, a broken model, too much work`);
        hardships.push({ peer, ...(await measureHardships(peer, { ...plan, audio, folder })) });
      }
      const ours = hardships.find(({ peer }) => peer === OURS);
      const peers = able.filter((peer) => peer !== OURS);
      const own = {
        figures: [
          ...standingFigures({
            ...{ samples, peers, models: plan.models, audio },
            abortMilliseconds: ours?.abortMilliseconds ?? [],
          }),
          ...[...states].map(([name, reason]) => missing(name, reason)),
        ],
        tables: [
          ...plan.models.map((model) => speedTable({ samples, peers: able, model, counts: plan.counts, audio })),
          {
            title: 'Hardships',
            columns: ['peer', 'abort', 'truncated model', 'overload'],
            rows: hardships.map(({ peer, abort, truncated, overload }) => [peer.name, abort, truncated, overload]),
          },
          {
            title: 'Who was asked, and how',
            columns: ['peer', 'version', 'settings', 'state'],
            rows: [OURS, ...PEERS].map((peer) => [
              peer.name,
              versionOf(peer),
              peer.settings,
              states.get(peer.name) ?? 'runs',
            ]),
          },
        ],
        notes: notesOf(plan),
      };
      const long = await measureLongFile({ ...plan, rounds: quick ? 1 : 2, audio, folder, progress });
      return combined([await utterances(run), long, own]);
    } finally {
      await rm(folder, { recursive: true });
    }
  },
};

/**
 * The throughput benchmark's own contest with faster-whisper, of which only the utterances are of interest here.
 *
 * @param {import('../result.mjs').Run} run
 */
async function utterances(run) {
  const findings = await measureFasterWhisper(run);
  return { ...findings, figures: findings.figures.filter(({ name }) => !name.endsWith('whole set')) };
}

/** @param {import('../peers/table.mjs').Peer} peer */
function versionOf({ origin }) {
  switch (origin.kind) {
    case 'npm':
    case 'python':
      return `${origin.package} ${origin.version}`;
    case 'source':
      return "the addon's own whisper.cpp";
    case 'here':
      return 'this checkout';
  }
}

/** @param {(typeof PLANS)['whole']} plan */
function notesOf({ rounds, stepSeconds, budgetSeconds, patienceSeconds }) {
  return [
    `Every trial is a new Node process that calls one peer; all peers by turns, rounds: ${rounds}, medians. The same 16 kHz WAV files, the same weights: our q8_0 files, which all readers of ggml can read; converted from them for faster-whisper, which makes int8 of them.`,
    'First text from cold: from the start of that process, the files being in the page cache, to the text of 8 s of speech. RTF and × real time: the four longest clips of up to 11 s. WER: all English clips, once.',
    'MiB: proportional set size, the most of samples every 100 ms while the clips are in work; of programs that are started (Python, whisper-cli, whisper-server) without the Node process that started them, of the others with it.',
    'Event-loop delay: of the Node process that calls the peer.',
    `A step may take ${stepSeconds} s, a peer ${budgetSeconds} s for a model; one that needs more than 10 s for its first text is tried in one round only, and then with the most clips at once for a third of the time, which shows its memory: at least so much.`,
    hardshipNote(patienceSeconds),
  ];
}
