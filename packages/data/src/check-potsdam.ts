/** What is missing or damaged in a folder of Potsdam: the release's tiles, crops cut from them, or IIC's archive. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { absentFiles, type FileCheck, type Finding } from './findings.js';
import { readIdList } from './id-list.js';
import { POTSDAM_LISTS } from './potsdam-classes.js';
import { findPotsdamRelease, POTSDAM_IMAGES, type PotsdamRelease } from './potsdam-release.js';
import { inspectTile, tileChannel } from './prepare-potsdam.js';

const FROM_ISPRS =
  'ask ISPRS for the Potsdam data (https://www.isprs.org/education/benchmarks/UrbanSemLab/2d-sem-label-potsdam.aspx) ' +
  `and unpack ${POTSDAM_IMAGES}.zip and 5_Labels_all.zip or 5_Labels_for_participants.zip`;

/** Side of a tile of the release. */
const TILE_SIDE = 6000;

export async function checkPotsdam(root: string): Promise<FileCheck> {
  const hasLists = POTSDAM_LISTS.some((list) => existsSync(join(root, `${list}.txt`)));
  return hasLists || existsSync(join(root, 'imgs')) ? checkCrops(root) : checkRelease(root);
}

function checkCrops(root: string): FileCheck {
  const prepared = existsSync(join(root, 'prepared.json'));
  const [image, label] = prepared ? ['tif', 'png'] : ['mat', 'mat'];
  const cure = prepared
    ? 'run `autoregseg prepare potsdam` again: it goes on where it was'
    : 'unpack the archive of IIC again';
  const lists = POTSDAM_LISTS.map((list) => {
    const file = join(root, `${list}.txt`);
    return { list, ids: existsSync(file) ? readIdList(file) : [] };
  });
  const imagesOf = (ids: readonly string[]) => ids.map((id) => `imgs/${id}.${image}`);
  const labelled = lists.flatMap(({ list, ids }) => (list === 'unlabelled_train' ? [] : ids));
  const labels = labelled.map((id) => `gt/${id}.${label}`);
  const images = lists.flatMap(({ ids }) => imagesOf(ids));
  const counts = lists.map(({ list, ids }) => `${list} ${ids.length}`).join(', ');
  return {
    layout: prepared ? 'prepared crops' : "IIC's archive",
    images: images.filter((file) => existsSync(join(root, file))).length,
    labelled: labels.filter((file) => existsSync(join(root, file))).length,
    opens: true,
    findings: [
      ...absentFiles(
        'lists of crops',
        root,
        POTSDAM_LISTS.map((list) => `${list}.txt`),
        cure,
      ),
      ...absentFiles('crops', root, images, cure),
      ...absentFiles('labels of crops', root, labels, cure),
      { kind: 'note', what: `crops in the lists: ${counts}` },
    ],
  };
}

async function checkRelease(root: string): Promise<FileCheck> {
  const release = findRelease(root);
  if ('what' in release) return { layout: 'release', images: 0, labelled: 0, opens: false, findings: [release] };
  const channel = tileChannel();
  const findings: Finding[] = [];
  try {
    for (const tile of release.tiles) {
      try {
        const { height, width } = await inspectTile(tile, channel);
        if (height === TILE_SIDE && width === TILE_SIDE) continue;
        const what = `tile ${tile.tile} is ${height}x${width}, those of the release are ${TILE_SIDE}x${TILE_SIDE}`;
        findings.push({ kind: 'note', what });
      } catch (error) {
        findings.push({ kind: 'faulty', what: `tile ${tile.tile}: ${(error as Error).message}`, cure: FROM_ISPRS });
      }
    }
  } finally {
    await channel.close();
  }
  if (release.missing.length > 0) {
    const what = `${release.missing.length} of 38 tiles: ${release.missing.join(', ')}`;
    findings.push({ kind: 'missing', what, cure: FROM_ISPRS });
  }
  for (const { tile, file } of release.unlabelled) {
    findings.push({ kind: 'missing', what: `the label of tile ${tile}: '${file}'`, cure: FROM_ISPRS });
  }
  findings.push({ kind: 'note', what: 'tiles are cut into crops by `autoregseg prepare potsdam` before training' });
  const labelled = release.tiles.filter(({ label }) => label !== undefined).length;
  return { layout: 'release', images: release.tiles.length, labelled, opens: false, findings };
}

function findRelease(root: string): PotsdamRelease | Finding {
  try {
    return findPotsdamRelease(root);
  } catch (error) {
    return { kind: 'missing', what: (error as Error).message, cure: FROM_ISPRS };
  }
}
