-- Which commits belong to a correlation id. An index of every id would cost each append an entry at a place that clients choose;
-- this one is a Bloom filter for each 32 pages, written when they are full and never touched again. A look-up reads the filters and
-- the few pages that may hold the id (docs/decisions/0036). 32 pages hold about 2,100 commits, nearly all with an id of their own;
-- a filter for 2,300 takes half a page of the index.
create index commits_by_correlation on commits using brin (correlation uuid_bloom_ops (n_distinct_per_range = 2300, false_positive_rate = 0.002))
    with (pages_per_range = 32, autosummarize = on);
