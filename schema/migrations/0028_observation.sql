-- `baocaod --check` tells which migrations a database lacks: the daemon may read the ledger.
SET LOCAL ROLE baocao_owner;

GRANT SELECT ON baocao.migration TO baocao_ingest;
