'use strict';
'require baseclass';
'require weir.format as format';

// Work that goes on while a page is looked at: it rests while the tab is hidden or
// the page is paused, slows down when it fails, and ends when the page is left.

const SLOWEST = 30; // seconds between attempts, at most

// task makes a watch. go(again) does the work once, or opens what does it, and
// calls again(error) when that is over; halt() ends it early.
function task(node, seconds, go, halt) {
	const watchers = [];
	let timer = null, running = false, seen = false, ended = false, fails = 0, round = 0;

	const turn = (to, error) => {
		if (to == self.state && (error && error.code) == (self.error && self.error.code))
			return;

		if (to != self.state)
			self.since = format.now();

		self.state = to;
		self.error = error;
		watchers.forEach((fn) => fn(self));
	};

	const rest = () => {
		clearTimeout(timer);
		round++;
		running = false;
		halt();
	};

	const run = () => {
		clearTimeout(timer);
		seen = seen || node.isConnected;

		if (ended || (seen && !node.isConnected))
			return self.stop();

		if (document.hidden)
			return rest();

		if (running || self.state == 'paused')
			return;

		const mine = ++round;

		running = true;
		go((error) => {
			if (mine != round)
				return; // paused, hidden or left meanwhile

			running = false;
			fails = error ? fails + 1 : 0;

			if (error && !error.code)
				console.error(error);

			turn(error ? 'reconnecting' : 'live', error || null);
			timer = setTimeout(run, 1000 * Math.max(seconds, error ? Math.min(SLOWEST, 1 << Math.min(fails, 5)) : 0));
		}, () => { fails = 0; turn('live', null); });
	};

	const self = {
		state: 'live', since: format.now(), error: null,
		pause() { rest(); turn('paused', null); },
		resume() { turn('live', null); run(); },
		now() { if (self.state != 'paused') run(); },
		stop() { ended = true; rest(); document.removeEventListener('visibilitychange', run); },
		watch(fn) { watchers.push(fn); fn(self); }
	};

	document.addEventListener('visibilitychange', run);
	run();

	return self;
}

function poll(node, seconds, fn) {
	return task(node, seconds, (done) => {
		Promise.resolve().then(fn).then(() => done(), done);
	}, () => {});
}

return baseclass.extend({ task, poll });
