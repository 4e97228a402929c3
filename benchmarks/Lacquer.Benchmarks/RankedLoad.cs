using System.Diagnostics;
using System.Globalization;
using Lacquer.Formats.Catalogues;
using Lacquer.Formats.Databases;
using Lacquer.Stages.Cataloguing;
using Lacquer.Stages.Cataloguing.Loading;
using Lacquer.Stages.Workbench;

namespace Lacquer.Benchmarks;

/// <summary>
/// Our side of the comparison with PostgreSQL: the rows of <see cref="RankedRows"/>, the very files that COPY is given, read and put through what a build loads and indexes with (<see cref="DatabaseWriter"/>,
/// <see cref="LookupBuilder"/>, <see cref="SearchWriter"/>), in the order and with the overlaps of a build. Nothing is merged or ranked. All look-ups of a catalogue are made, and all three files
/// are on the disk at the end. What PostgreSQL is not given is not in ours either: sort names, aliases, sources.
/// </summary>
internal sealed class RankedLoad : IDisposable
{
    private readonly string _rows;
    private readonly string _folder;
    private readonly DatabaseWriter _database;
    private readonly LookupBuilder _lookups;
    private readonly List<byte[]> _artistNames = [[]];
    private readonly List<long[]> _artistsOf = [[]];

    private RankedLoad(string rows, string folder)
    {
        (_rows, _folder) = (rows, folder);
        _database = new DatabaseWriter(Path.Combine(folder, CatalogueReader.CatalogueFileName), CatalogueSchema.PageBytes, CatalogueSchema.Tables);
        _lookups = new LookupBuilder(folder, MadeFiles.MemoryBytes(null) / 2);
    }

    /// <summary>Loads and indexes.</summary>
    /// <param name="rows">The folder of the rows.</param>
    /// <param name="folder">An empty folder for the catalogue.</param>
    /// <returns>Seconds until all files are flushed to the disk, those of these that the search took, and bytes of all.</returns>
    public static (double Seconds, double SearchSeconds, long Bytes) Run(string rows, string folder)
    {
        var watch = Stopwatch.StartNew();
        var (catalogue, lookups, search) = (Path.Combine(folder, CatalogueReader.CatalogueFileName), Path.Combine(folder, CatalogueReader.LookupsFileName), Path.Combine(folder, CatalogueReader.SearchFileName));
        using (var load = new RankedLoad(rows, folder))
        {
            load.Artists();
            load.Credits();
            load.Releases();
            load.Tracks();
            load.Recordings();
            load._database.Finish();
            load._lookups.Write(lookups, catalogue, "", _ => { }, CancellationToken.None);
        }

        // As a build does: the disk takes these while the search is made.
        var flushing = Task.Run(() =>
        {
            Durable.FlushFile(catalogue);
            Durable.FlushFile(lookups);
        });
        var before = watch.Elapsed.TotalSeconds;
        SearchWriter.Write(folder, search, _ => { }, CancellationToken.None, MadeFiles.MemoryBytes(null));
        Durable.FlushFile(search);
        var after = watch.Elapsed.TotalSeconds;
        flushing.GetAwaiter().GetResult();
        return (watch.Elapsed.TotalSeconds, after - before, new[] { catalogue, lookups, search }.Sum(file => new FileInfo(file).Length));
    }

    public void Dispose()
    {
        _database.Dispose();
        _lookups.Dispose();
    }

    private CopyReader Rows(string table) => new(Path.Combine(_rows, table));

    private static void AddId(LookupPairs pairs, ReadOnlySpan<byte> id, long rank)
    {
        if (!id.IsEmpty)
            pairs.AddId(id, (uint)rank);
    }

    private void Artists()
    {
        var (eids, mbids, insert) = (_lookups.Into(LookupTables.ArtistEid), _lookups.Into(LookupTables.ArtistMbid), _database.Into("artist"));
        using var row = Rows(RankedRows.Artist);
        while (row.Read())
        {
            var rank = row.Number(0);
            AddId(eids, row.Bytes(1), rank);
            AddId(mbids, row.Bytes(4), rank);
            _artistNames.Add(row.Text(2).ToArray());
            insert.With(rank).WithBytes(row.Bytes(1)).WithText(row.Text(2)).With((long?)null).With(row.Number(3)).WithBytes(row.Bytes(4)).With((long?)null).With((long?)null).With((long?)null).Row();
        }
    }

    // Rows of the credits' names come by credit: the credit's own row follows from them.
    private void Credits()
    {
        var (credits, credited) = (_database.Into("credit"), _database.Into("credit_name"));
        using var row = Rows(RankedRows.ArtistCreditName);
        for (var more = row.Read(); more;)
        {
            var (credit, artists) = (row.Number(0), new List<long>());
            var names = new List<(byte[] Name, byte[] Join)>();
            for (; more && row.Number(0) == credit; more = row.Read())
            {
                artists.Add(row.Number(2));
                names.Add((row.Text(3).ToArray(), row.Text(4).ToArray()));
            }

            var isPlain = artists.Count == 1 && names[0].Join.Length == 0 && names[0].Name.AsSpan().SequenceEqual(_artistNames[(int)artists[0]]);
            credits.With(credit).With(isPlain ? artists[0] : null).Row();
            for (var i = 0; i < names.Count && !isPlain; i++)
            {
                var isOwn = names[i].Name.AsSpan().SequenceEqual(_artistNames[(int)artists[i]]);
                credited.With(credit).With(i).With(artists[i]).WithTextOrNull(isOwn ? [] : names[i].Name).WithText(names[i].Join).With((long?)null).Row();
            }

            while (_artistsOf.Count <= credit)
                _artistsOf.Add([]);
            _artistsOf[(int)credit] = [.. artists.Distinct().Order()];
        }
    }

    private void Releases()
    {
        var (eids, mbids, gtins, artists, insert) = (_lookups.Into(LookupTables.ReleaseEid), _lookups.Into(LookupTables.ReleaseMbid), _lookups.Into(LookupTables.Gtin), _lookups.Into(LookupTables.ArtistRelease), _database.Into("release"));
        using var row = Rows(RankedRows.Release);
        while (row.Read())
        {
            var (rank, credit, gtin) = (row.Number(0), row.NumberOrNull(3), row.NumberOrNull(6));
            AddId(eids, row.Bytes(1), rank);
            AddId(mbids, row.Bytes(8), rank);
            if (gtin is { } code)
                gtins.Add(code, (uint)rank);
            foreach (var artist in _artistsOf[(int)(credit ?? 0)])
                artists.Add(artist, (uint)rank);
            insert.With(rank).WithBytes(row.Bytes(1)).WithText(row.Text(2)).With(credit).With(row.NumberOrNull(5)).With(gtin).With(row.Number(7)).WithBytes(row.Bytes(8));
            for (var unknown = 0; unknown < 10; unknown++)
                insert.With((long?)null);
            insert.Row();
        }
    }

    private void Tracks()
    {
        var (releases, insert) = (_lookups.Into(LookupTables.RecordingRelease), _database.Into("track"));
        using var row = Rows(RankedRows.Track);
        while (row.Read())
        {
            releases.Add(row.Number(3), (uint)row.Number(0));
            insert.With(row.Number(0)).With(row.Number(1)).With(row.Number(2)).With(row.Number(3)).With((long?)null).With((long?)null).With((long?)null).Row();
        }
    }

    private void Recordings()
    {
        var (eids, mbids, isrcs, artists, insert) = (_lookups.Into(LookupTables.RecordingEid), _lookups.Into(LookupTables.RecordingMbid), _lookups.Into(LookupTables.Isrc), _lookups.Into(LookupTables.ArtistRecording), _database.Into("recording"));
        var last = 0L;
        using var row = Rows(RankedRows.Recording);
        while (row.Read())
        {
            var (credit, isrc) = (row.NumberOrNull(3), row.NumberOrNull(8));
            last = row.Number(0);
            AddId(eids, row.Bytes(1), last);
            AddId(mbids, row.Bytes(9), last);
            if (isrc is { } code)
                isrcs.Add(code, (uint)last);
            foreach (var artist in _artistsOf[(int)(credit ?? 0)])
                artists.Add(artist, (uint)last);
            insert.With(last).WithBytes(row.Bytes(1)).WithText(row.Text(2)).With(credit).With(row.NumberOrNull(5)).With(row.Number(6)).With(row.Number(7)).With(isrc).WithBytes(row.Bytes(9)).With((long?)null).Row();
        }

        var meta = _database.Into("meta");
        meta.With("format").With(CatalogueSchema.Format).Row();
        meta.With("recordings").With(last.ToString(CultureInfo.InvariantCulture)).Row();
    }
}
