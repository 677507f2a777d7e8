"""A relay that reads the messages themselves: it holds the server's key and the collector's, and stands between them as
server to the one and collector to the other. It can lose, delay, double and reorder submissions and receipts."""
import heapq
import threading
import time

import zmq

from relay import Fault

PATIENCE = 2.0  # seconds without an answer, until the connection is made anew
ACTIONS = ("drop", "delay", "duplicate", "reorder")


class Exchange:
    """Of one collector. arm(step, action) as in relay.py; its faults are sure to happen once armed and something passes."""
    STEPS = {"message_up": ACTIONS, "message_down": ACTIONS}

    def __init__(self, upstream, server_keys, collector_keys):
        self.armed, self.lock, self.ending = {}, threading.Lock(), threading.Event()
        self.context = zmq.Context()
        self.front = self.context.socket(zmq.ROUTER)
        self.front.linger = 0
        self.front.curve_server, self.front.curve_secretkey = True, server_keys[1]
        self.address = f"tcp://127.0.0.1:{self.front.bind_to_random_port('tcp://127.0.0.1')}"
        self.upstream, self.server_key, self.collector_keys = upstream, server_keys[0], collector_keys
        self.open_back()
        self.collector = None    # routing id of its newest connection
        self.later, self.count = [], 0  # what is to be sent at a time: (time, count, step, frames)
        self.held = {}           # what waits for the next of its step
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def open_back(self):
        self.back = self.context.socket(zmq.DEALER)
        self.back.linger, self.back.immediate = 0, True
        self.back.reconnect_ivl = 50
        self.back.curve_serverkey = self.server_key
        self.back.curve_publickey, self.back.curve_secretkey = self.collector_keys
        self.back.connect(self.upstream)
        self.unanswered_since = None

    def reopen_back(self, poller):
        """libzmq gives up a connection whose key was refused, as it is while the clock of the daemon is wrong."""
        poller.unregister(self.back)
        self.back.close()
        self.open_back()
        poller.register(self.back, zmq.POLLIN)

    def arm(self, step, action, seconds, on_fire):
        with self.lock:
            self.armed[step] = Fault(step, action, seconds, on_fire)

    def run(self):
        poller = zmq.Poller()
        poller.register(self.front, zmq.POLLIN)
        poller.register(self.back, zmq.POLLIN)
        while not self.ending.is_set():
            ready = dict(poller.poll(20))
            if self.front in ready:
                self.collector, *frames = self.front.recv_multipart()
                self.pass_on("message_up", frames)
            if self.back in ready:
                self.unanswered_since = None
                self.pass_on("message_down", self.back.recv_multipart())
            if self.unanswered_since and time.monotonic() > self.unanswered_since + PATIENCE:
                self.reopen_back(poller)
            while self.later and self.later[0][0] <= time.monotonic():
                _, _, step, frames = heapq.heappop(self.later)
                self.send(step, frames)
        for made in (self.front, self.back):
            made.close()
        self.context.term()

    def pass_on(self, step, frames):
        with self.lock:
            fault = self.armed.pop(step, None)
        if fault is None:
            self.send(step, frames)
            if step in self.held:  # overtaken
                self.send(step, self.held.pop(step))
            return
        fault.on_fire()
        if fault.action == "duplicate":
            self.send(step, frames)
        if fault.action in ("duplicate", "delay"):
            self.count += 1
            heapq.heappush(self.later, (time.monotonic() + fault.seconds, self.count, step, frames))
        elif fault.action == "reorder":
            self.held[step] = frames

    def send(self, step, frames):
        try:
            if step == "message_up":
                self.unanswered_since = self.unanswered_since or time.monotonic()
                self.back.send_multipart(frames, zmq.DONTWAIT)
            elif self.collector is not None:
                self.front.send_multipart([self.collector, *frames], zmq.DONTWAIT)
        except zmq.Again:
            pass  # nobody is there: lost, as it may be

    def cut_all(self):
        pass  # the relays below it do

    def close(self):
        self.ending.set()
        self.thread.join()
