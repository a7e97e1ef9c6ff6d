import { describe, expect, it } from 'vitest';
import { fiveOf, PolicyWorld, relay, urlOf } from './policy-world.ts';

describe('home', () => {
  it('is nobody when no relay is configured', () => {
    const decision = new PolicyWorld([]).decide();
    expect(decision).toMatchObject({ home: null, standby: [], measure: [], cause: 'disabled' });
    expect(decision.reason).toContain('LAN only');
  });

  it('is nobody, and every relay is tried, while none is connected', () => {
    const decision = new PolicyWorld([relay('a'), relay('b', { tier: 1 })]).decide();
    expect(decision).toMatchObject({ home: null, measure: [urlOf('a'), urlOf('b')], cause: 'none' });
  });

  it('is whichever relay connects first, even of a worse tier', () => {
    const world = new PolicyWorld([relay('mine'), relay('public', { tier: 1 })]);
    world.up('public');
    expect(world.decide()).toMatchObject({ home: urlOf('public'), cause: 'first' });
  });

  it('is the first of the list when several are connected and none is measured', () => {
    const world = new PolicyWorld([relay('a'), relay('b')]);
    world.up('b', 1);
    world.up('a', 90);
    expect(world.decide()).toMatchObject({ home: urlOf('a'), standby: [urlOf('b')] });
  });

  it('moves at once when it goes down, and says so', () => {
    const world = new PolicyWorld([relay('a'), relay('b')]);
    world.up('a');
    world.up('b');
    world.decide();
    world.down('a');
    const decision = world.decide();
    expect(decision).toMatchObject({ home: urlOf('b'), cause: 'down' });
    expect(decision.reason).toBe('a.example stopped working; b.example took over.');
  });

  it('stays through a blink of the only relay, and ends after five seconds', () => {
    const world = new PolicyWorld([relay('a')]);
    world.up('a');
    world.decide();
    world.down('a');
    expect(world.decide()).toMatchObject({ home: urlOf('a'), cause: 'waiting' });
    world.nowMs += 4_999;
    expect(world.decide().home).toBe(urlOf('a'));
    world.nowMs += 1;
    expect(world.decide()).toMatchObject({ home: null, cause: 'none', measure: [urlOf('a')] });
    expect(world.decide().home).toBeNull();
  });

  it('forgets the loss of home once home is back', () => {
    const world = new PolicyWorld([relay('a')]);
    world.up('a');
    world.decide();
    world.down('a');
    world.decide();
    world.nowMs += 4_000;
    world.up('a');
    expect(world.decide().homeLostAtMs).toBeNull();
    world.down('a');
    world.nowMs += 4_000;
    expect(world.decide().home).toBe(urlOf('a'));
  });

  it('tries every other relay while it waits for home', () => {
    const world = new PolicyWorld([relay('a'), relay('b'), relay('c', { tier: 1 })]);
    world.up('a');
    world.decide();
    for (const name of ['a', 'b', 'c']) world.down(name);
    expect(world.decide()).toMatchObject({ cause: 'waiting', measure: [urlOf('b'), urlOf('c')] });
  });

  it('moves when it leaves the list', () => {
    const world = new PolicyWorld([relay('a'), relay('b')]);
    world.up('a');
    world.up('b');
    world.decide();
    world.relays = [relay('b')];
    expect(world.decide()).toMatchObject({ home: urlOf('b'), cause: 'removed' });
  });
});

describe('a faster relay', () => {
  const withLatencies = (homeMs: number, otherMs: number): PolicyWorld => {
    const world = new PolicyWorld([relay('home'), relay('other')]);
    world.up('home', ...fiveOf(homeMs));
    world.decide();
    world.up('other', ...fiveOf(otherMs));
    world.decide();
    world.nowMs += 10_000;
    return world;
  };

  it('takes over after it has been faster by a third for ten seconds', () => {
    const world = withLatencies(60, 40);
    world.nowMs -= 1;
    expect(world.decide()).toMatchObject({ home: urlOf('home'), challenger: { url: urlOf('other') } });
    world.nowMs += 1;
    const decision = world.decide();
    expect(decision).toMatchObject({ home: urlOf('other'), cause: 'faster', standby: [urlOf('home')] });
    expect(decision.reason).toBe('other.example answers in 40 ms, home.example in 60 ms.');
  });

  it('is ignored when it is faster by less than a third', () => {
    expect(withLatencies(60, 41).decide().home).toBe(urlOf('home'));
  });

  it('is ignored when it is faster by less than ten milliseconds', () => {
    expect(withLatencies(12, 3).decide().home).toBe(urlOf('home'));
  });

  it('starts over when it was slower in between', () => {
    const world = withLatencies(60, 40);
    for (let count = 0; count < 21; count += 1) world.sample('other', 60);
    expect(world.decide().challenger).toBeNull();
    for (let count = 0; count < 21; count += 1) world.sample('other', 30);
    expect(world.decide()).toMatchObject({ home: urlOf('home'), challenger: { sinceMs: world.nowMs } });
  });

  it('is not believed before enough samples', () => {
    const world = new PolicyWorld([relay('home'), relay('other')]);
    world.up('home', ...fiveOf(90));
    world.up('other', 1, 1, 1, 1);
    world.decide();
    world.nowMs += 60_000;
    expect(world.decide().home).toBe(urlOf('home'));
  });
});

describe('a better tier', () => {
  it('takes over after ten steady seconds, however slow it is', () => {
    const world = new PolicyWorld([relay('mine'), relay('public', { tier: 1 })]);
    world.up('public', ...fiveOf(5));
    world.decide();
    world.up('mine', ...fiveOf(200));
    world.nowMs += 9_999;
    expect(world.decide().home).toBe(urlOf('public'));
    world.nowMs += 1;
    expect(world.decide()).toMatchObject({ home: urlOf('mine'), cause: 'tier' });
  });

  it('is always tried while home is of a worse one', () => {
    const world = new PolicyWorld([relay('mine'), relay('public', { tier: 1 }), relay('other', { tier: 1 })]);
    world.down('mine');
    world.up('public');
    world.up('other');
    expect(world.decide()).toMatchObject({ standby: [urlOf('other')], measure: [urlOf('mine')] });
  });

  it('has to be steady for longer the more often it was lost', () => {
    const world = new PolicyWorld([relay('mine'), relay('public', { tier: 1 })]);
    world.up('public');
    world.decide();
    world.patch('mine', { recentLosses: 2 });
    world.up('mine');
    world.nowMs += 39_999;
    expect(world.decide().home).toBe(urlOf('public'));
    world.nowMs += 1;
    expect(world.decide().home).toBe(urlOf('mine'));
  });

  it('never loses to a faster relay of a worse tier', () => {
    const world = new PolicyWorld([relay('mine'), relay('public', { tier: 1 })]);
    world.up('mine', ...fiveOf(300));
    world.up('public', ...fiveOf(5));
    world.decide();
    world.nowMs += 600_000;
    expect(world.decide().home).toBe(urlOf('mine'));
  });
});

describe('a decision', () => {
  it('is settled unless seconds may change it: home is gone, or a faster relay or one of a better tier has come', () => {
    const world = new PolicyWorld([relay('mine'), relay('public', { tier: 1 }), relay('fast', { tier: 1 })]);
    expect(world.decide().isSettled).toBe(true);
    world.up('public', ...fiveOf(60));
    expect(world.decide().isSettled).toBe(true);
    world.up('fast', ...fiveOf(20));
    expect(world.decide().isSettled).toBe(false);
    world.nowMs += 10_000;
    expect(world.decide()).toMatchObject({ home: urlOf('fast'), isSettled: true });
    world.up('mine');
    expect(world.decide().isSettled).toBe(false);
    world.nowMs += 10_000;
    expect(world.decide()).toMatchObject({ home: urlOf('mine'), isSettled: true });
    for (const name of ['mine', 'public', 'fast']) world.down(name);
    expect(world.decide()).toMatchObject({ cause: 'waiting', isSettled: false });
    world.nowMs += 5_000;
    expect(world.decide()).toMatchObject({ home: null, isSettled: true });
  });
});

describe('a pinned relay', () => {
  it('is home whatever its tier, after ten steady seconds', () => {
    const world = new PolicyWorld([relay('mine'), relay('far', { tier: 1 })]);
    world.up('mine');
    world.up('far');
    world.decide();
    world.nowMs += 10_000;
    world.relays = [relay('mine'), relay('far', { tier: 1, pinned: true })];
    expect(world.decide()).toMatchObject({ home: urlOf('far'), cause: 'pin' });
  });

  it('leaves the others in use while it is down', () => {
    const world = new PolicyWorld([relay('mine'), relay('far', { pinned: true })]);
    world.up('mine');
    world.down('far');
    expect(world.decide()).toMatchObject({ home: urlOf('mine'), standby: [urlOf('far')] });
  });
});

describe('standby', () => {
  it('is a working relay, of the best tier there is', () => {
    const world = new PolicyWorld([relay('a'), relay('b'), relay('c'), relay('d', { tier: 1 })]);
    world.up('a');
    world.up('d');
    world.down('b');
    world.up('c');
    expect(world.decide().standby).toEqual([urlOf('c')]);
  });

  it('stays while no other is clearly faster', () => {
    const world = new PolicyWorld([relay('a'), relay('b'), relay('c')]);
    world.up('a');
    world.up('c', ...fiveOf(40));
    expect(world.decide().standby).toEqual([urlOf('c')]);
    world.up('b', ...fiveOf(35));
    expect(world.decide().standby).toEqual([urlOf('c')]);
    for (let count = 0; count < 21; count += 1) world.sample('b', 20);
    expect(world.decide().standby).toEqual([urlOf('b')]);
  });

  it('is a relay still to be tried rather than one that just failed', () => {
    const world = new PolicyWorld([relay('a'), relay('b'), relay('c')]);
    world.up('a');
    world.down('b');
    expect(world.decide().standby).toEqual([urlOf('c')]);
  });
});

describe('measuring', () => {
  it('takes in untried equals of home, two at a time, and leaves them when measured', () => {
    const world = new PolicyWorld(['a', 'b', 'c', 'd', 'e'].map((name) => relay(name)));
    world.up('a');
    world.up('b');
    expect(world.decide().measure).toEqual([urlOf('c'), urlOf('d')]);
    world.up('c', ...fiveOf(50));
    world.up('d', 50);
    expect(world.decide().measure).toEqual([urlOf('d'), urlOf('e')]);
  });

  it('comes back after ten minutes', () => {
    const world = new PolicyWorld([relay('a'), relay('b'), relay('c')]);
    world.up('a');
    world.up('b');
    world.down('c');
    expect(world.decide().measure).toEqual([]);
    world.nowMs += 600_000;
    expect(world.decide().measure).toEqual([urlOf('c')]);
  });

  it('never takes in relays of a worse tier than home', () => {
    const world = new PolicyWorld([relay('a'), relay('b', { tier: 1 }), relay('c', { tier: 1 })]);
    world.up('a');
    world.up('b');
    expect(world.decide().measure).toEqual([]);
  });
});
