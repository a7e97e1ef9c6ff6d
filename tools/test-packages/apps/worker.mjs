import 'bowline/worker';
