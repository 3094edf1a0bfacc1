/** What is missing in a folder of COCO-Stuff: lists, images, labels. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { absentFiles, type FileCheck, type Finding } from './findings.js';
import {
  COCO_STUFF_FOLDERS,
  COCO_STUFF_LISTS,
  cocoStuffFolders,
  readCuratedList,
  type CocoStuffSpec,
} from './coco-stuff.js';

const IMAGES_FROM = 'unzip http://images.cocodataset.org/zips/{train2017,val2017}.zip into images/';
const LABELS_FROM =
  'unzip http://calvin.inf.ed.ac.uk/wp-content/uploads/data/cocostuffdataset/stuffthingmaps_trainval2017.zip into annotations/';
const LISTS_FROM = 'copy the folder curated of https://github.com/janghyuncho/PiCIE, which holds the lists of IIC';

export function checkCocoStuff({ dataset, root, split }: CocoStuffSpec): FileCheck {
  const prepared = existsSync(join(root, 'prepared.json'));
  // What was prepared was chosen; of the release all is wanted.
  const folders = prepared
    ? cocoStuffFolders(root, split, { datasets: [dataset] })
    : COCO_STUFF_FOLDERS[split ?? 'all'];
  const list = COCO_STUFF_LISTS[dataset];
  const listFiles = folders.map((folder) => join('curated', folder, `${list}.txt`));
  const ids = folders.flatMap((folder, at) =>
    existsSync(join(root, listFiles[at])) ? readCuratedList(root, folder, dataset).map((id) => join(folder, id)) : [],
  );
  const images = ids.map((id) => join('images', `${id}.${prepared ? 'png' : 'jpg'}`));
  const labels = ids.map((id) => join('annotations', `${id}.png`));
  const again = 'run `autoregseg prepare coco-stuff` again: it goes on where it was';
  const note: Finding = { kind: 'note', what: `${list} names ${ids.length} images in ${folders.join(' and ')}` };
  return {
    layout: prepared ? 'prepared images' : 'release',
    images: images.filter((file) => existsSync(join(root, file))).length,
    labelled: labels.filter((file) => existsSync(join(root, file))).length,
    opens: true,
    findings: [
      ...absentFiles('curated lists', root, listFiles, prepared ? again : LISTS_FROM),
      ...absentFiles('images', root, images, prepared ? again : IMAGES_FROM),
      ...absentFiles('labels', root, labels, prepared ? again : LABELS_FROM),
      note,
    ],
  };
}
