import { describe, expect, it } from 'vitest';
import { pairLabels } from './label-pairing.js';

const pair = (images: string[], labels: string[]) => [...pairLabels(images, labels)];

describe('pairLabels: value', () => {
  it('pairs equal paths first, and says -1 where there is no label', () => {
    expect(pair(['x/a', 'x/b', 'c'], ['c', 'c_label', 'x/a'])).toEqual([2, -1, 0]);
  });

  it('tolerates the usual endings and beginnings, in either case', () => {
    const labels = ['a_label', 'a_gt', 'a_mask', 'a-labels', 'a_labelIds', 'a_Seg', 'mask_a', 'GT-a', 'x/label_a'];
    labels.forEach((label) => expect(pair([label.startsWith('x/') ? 'x/a' : 'a'], [label])).toEqual([0]));
    expect(pair(['munich_1_leftImg8bit'], ['munich_1_gtFine_labelIds', 'munich_1_gtFine_color'])).toEqual([0]);
    expect(pair(['top_potsdam_2_10_RGBIR'], ['top_potsdam_2_10_label'])).toEqual([0]);
    expect(pair(['104_sat', 'img_7'], ['label_7', '104_mask'])).toEqual([1, 0]);
  });

  it('looks into other folders last', () => {
    expect(pair(['val/a'], ['annotations/val/a'])).toEqual([0]);
    expect(pair(['val/a'], ['other/a', 'val/a'])).toEqual([1]);
  });
});

describe('pairLabels: error', () => {
  it('names the labels that fit one image alike', () => {
    expect(() => pairLabels(['a'], ['a_label', 'a_gt'])).toThrow("image 'a' has labels 'a_label' and 'a_gt'");
  });

  it('names the images that one label fits', () => {
    expect(() => pairLabels(['x/a', 'y/a'], ['a'])).toThrow("label 'a' fits images 'x/a' and 'y/a'");
  });

  it('names three of many', () => {
    const images = ['a', 'b', 'c', 'd', 'e'];
    const labels = images.flatMap((name) => [`${name}_gt`, `${name}_mask`]);
    expect(() => pairLabels(images, labels)).toThrow(/^(image '.' has labels '\S+' and '\S+'; ){3}and 2 more$/);
  });
});
