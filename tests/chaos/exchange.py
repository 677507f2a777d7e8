"""A relay that reads the messages themselves: it holds the server's key and the collector's, and stands between them as
server to the one and collector to the other. It can lose, delay, double and reorder submissions and receipts."""
import heapq
import threading
import time

import zmq

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
        self.back = self.context.socket(zmq.DEALER)
        self.back.linger, self.back.immediate = 0, True
        self.back.reconnect_ivl = 50
        self.back.curve_serverkey = server_keys[0]
        self.back.curve_publickey, self.back.curve_secretkey = collector_keys
        self.back.connect(upstream)
        self.collector = None    # routing id of its newest connection
        self.later, self.count = [], 0  # what is to be sent at a time: (time, count, step, frames)
        self.held = {}           # what waits for the next of its step
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def arm(self, step, action, seconds=0.0):
        from relay import Fault
        fault = Fault(step, action, seconds)
        with self.lock:
            self.armed[step] = fault
        return fault

    def disarm(self, fault):
        with self.lock:
            if self.armed.get(fault.step) is fault:
                del self.armed[fault.step]

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
                self.pass_on("message_down", self.back.recv_multipart())
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
        fault.fired.set()
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
