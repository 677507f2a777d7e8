"""LibreOffice Calc without a window, driven through UNO: what a clerk does with a workbook."""
import os
import pathlib
import subprocess
import time

import uno
from com.sun.star.beans import PropertyValue
from com.sun.star.connection import NoConnectException

PROGRAM = "/usr/lib/libreoffice/program/soffice"
DEADLINE = 300.0  # seconds: the first start makes a profile, and others may be using the machine
FILTERS = {".xlsx": ("Calc MS Excel 2007 XML", ""), ".csv": ("Text - txt - csv (StarCalc)", "44,34,76,1,,0,false,true")}
SEMICOLONS = ("Text - txt - csv (StarCalc)", "59,34,76,1,,0,false,true")   # UTF-8
UNICODE_TEXT = ("Text - txt - csv (StarCalc)", "9,34,65535,1,,0,false,true")  # UTF-16 with a byte order mark, tabs


def _properties(**values):
    return tuple(PropertyValue(name, 0, value, 0) for name, value in values.items())


class Office:
    def __init__(self, folder):
        self.pipe = f"baocao-{os.getpid()}"
        self.process = subprocess.Popen(
            [PROGRAM, "--headless", "--invisible", "--norestore", "--nologo", "--nodefault",
             f"-env:UserInstallation={pathlib.Path(folder).as_uri()}", f"--accept=pipe,name={self.pipe};urp;"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            self.desktop = self._connect()
        except BaseException:
            self.process.terminate()
            raise

    def _connect(self):
        local = uno.getComponentContext()
        resolver = local.ServiceManager.createInstanceWithContext("com.sun.star.bridge.UnoUrlResolver", local)
        end = time.monotonic() + DEADLINE
        while True:
            try:
                context = resolver.resolve(f"uno:pipe,name={self.pipe};urp;StarOffice.ComponentContext")
                return context.ServiceManager.createInstanceWithContext("com.sun.star.frame.Desktop", context)
            except NoConnectException:
                assert self.process.poll() is None, "LibreOffice has ended"
                assert time.monotonic() < end, "LibreOffice does not answer"
                time.sleep(0.05)  # there is nothing to wait on before its pipe is there

    def stop(self):
        try:
            self.desktop.terminate()
        except Exception:  # the bridge goes with the program
            pass
        self.process.wait(timeout=DEADLINE)

    def open(self, path):
        document = self.desktop.loadComponentFromURL(pathlib.Path(path).as_uri(), "_blank", 0, _properties(Hidden=True))
        assert document is not None, path
        return Workbook(document)


class Workbook:
    def __init__(self, document):
        self.document = document

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.document.close(True)

    def sheet(self, index=0):
        return self.document.Sheets.getByIndex(index)

    def cell(self, name, sheet=0):
        return self.sheet(sheet).getCellRangeByName(name)

    def type(self, name, value, sheet=0):
        """As a clerk types it: numbers become numbers, days days, all else text."""
        cell = self.cell(name, sheet)
        if isinstance(value, str):
            cell.setString(value)
        else:
            cell.setValue(value)

    def comments(self, sheet=0):
        notes = self.sheet(sheet).Annotations
        found = {}
        for i in range(notes.Count):
            place = notes.getByIndex(i).Position
            found[f"{chr(ord('A') + place.Column)}{place.Row + 1}"] = notes.getByIndex(i).String
        return found

    def coloured(self, sheet=0):
        """Cells with a conditional format."""
        formats = self.sheet(sheet).ConditionalFormats.ConditionalFormats
        return [f.Range.RangeAddressesAsString for f in formats]

    def save(self, path, how=None):
        name, options = how or FILTERS[pathlib.Path(path).suffix]
        self.document.storeToURL(pathlib.Path(path).as_uri(), _properties(FilterName=name, FilterOptions=options, Overwrite=True))
