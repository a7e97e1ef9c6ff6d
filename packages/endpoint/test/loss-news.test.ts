import { expect, test } from 'vitest';
import { lossNews } from '../src/loss-news.ts';

test('nothing is told before anything is known, and then the first thing', () => {
  const news = lossNews();
  expect(news.isNews(null, 0)).toBe(false);
  expect(news.isNews(0, 1)).toBe(true);
  expect(news.isNews(0, 10_000)).toBe(false);
});

test('a share that is another by a quarter and a hundredth is news, once', () => {
  const news = lossNews();
  expect(news.isNews(0, 0)).toBe(true);
  expect(news.isNews(0.009, 10_000)).toBe(false);
  expect(news.isNews(0.02, 20_000)).toBe(true);
  expect(news.isNews(0.02, 30_000)).toBe(false);
  expect(news.isNews(0.2, 40_000)).toBe(true);
  expect(news.isNews(0.24, 50_000)).toBe(false);
  expect(news.isNews(0.1, 60_000)).toBe(true);
});

test('that it is not known any more is news', () => {
  const news = lossNews();
  news.isNews(0.1, 0);
  expect(news.isNews(null, 10_000)).toBe(true);
  expect(news.isNews(null, 20_000)).toBe(false);
});

test('news that come fast wait for five seconds', () => {
  const news = lossNews();
  news.isNews(0, 0);
  expect(news.isNews(0.5, 4_999)).toBe(false);
  expect(news.isNews(0.5, 5_000)).toBe(true);
});
