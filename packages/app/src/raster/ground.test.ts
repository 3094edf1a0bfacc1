import { describe, expect, it } from 'vitest';
import { groundOf } from './ground.js';
import { UTM_33 } from './raster.fixture.js';

describe('value', () => {
  it('follows pixel scale and tiepoint, and knows the area of a pixel in metres', () => {
    const ground = groundOf(UTM_33);
    expect(ground.at(2, 3)).toEqual([368_001.5, 5_806_999]);
    expect(ground).toMatchObject({ epsg: 32_633, geographic: false, metres: 1, pixelArea: 0.25 });
  });

  it('follows a matrix: a turned raster of US feet', () => {
    const transformation = [0, 3, 0, 100, 3, 0, 0, 200, 0, 0, 0, 0, 0, 0, 0, 1];
    const keys = [1, 1, 0, 2, 1024, 0, 1, 1, 3076, 0, 1, 9003];
    const ground = groundOf({ transformation, keys });
    expect(ground.at(1, 2)).toEqual([103, 206]);
    expect(ground.pixelArea).toBeCloseTo(9 * (1200 / 3937) ** 2, 12);
    expect(ground.epsg).toBeUndefined();
  });

  it('takes coordinates of centres to corners, and knows no area of degrees', () => {
    const keys = [1, 1, 0, 3, 1024, 0, 1, 2, 1025, 0, 1, 2, 2048, 0, 1, 4326];
    const ground = groundOf({ pixelScale: [2, 4, 0], tiepoint: [0, 0, 0, 10, 50, 0], keys });
    expect(ground.at(0, 0)).toEqual([9, 52]);
    expect(ground).toMatchObject({ epsg: 4326, geographic: true });
    expect(ground.pixelArea).toBeUndefined();
  });

  it('is columns and rows upwards where nothing is known', () => {
    expect(groundOf({}).at(2, 3)).toEqual([3, -2]);
  });
});
