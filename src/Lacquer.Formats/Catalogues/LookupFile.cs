using System.Runtime.InteropServices;
using Lacquer.Formats.Findings;

namespace Lacquer.Formats.Catalogues;

/// <summary>Writes <c>lookups.sqlite</c> from <c>catalogue.sqlite</c> alone: rows are read once, in the order in which they lie. The same catalogue gives the same bytes, which are those that its build wrote.</summary>
public static class LookupFile
{
    // Recordings read before it is said how many.
    private const int Batch = 1 << 14;

    /// <summary>Writes the file.</summary>
    /// <param name="catalogue">The catalogue's folder.</param>
    /// <param name="path">The file, which must not be there yet. It is whole when this returns, and otherwise to be thrown away. The caller flushes it. Pairs are gathered beside it.</param>
    /// <param name="memoryBytes">How much memory sorting may take, about. The bytes written do not depend on it. Credits take four bytes each besides, and four for each artist in them.</param>
    /// <param name="done">Is told how many recordings are read, now and then.</param>
    /// <param name="stop">Gives up.</param>
    /// <exception cref="LacquerException">The catalogue cannot be read, or has what cannot be.</exception>
    /// <exception cref="IOException">It cannot be written.</exception>
    public static void Write(string catalogue, string path, long memoryBytes, Action<long> done, CancellationToken stop)
    {
        using var reader = CatalogueReader.Open(catalogue, withSearch: false);
        var facts = Path.Combine(reader.Folder, CatalogueReader.CatalogueFileName);
        using var builder = new LookupBuilder(Path.GetDirectoryName(Path.GetFullPath(path))!, memoryBytes);
        try
        {
            var credits = Credits(facts);
            var recordings = Task.Run(() => Recordings(facts, credits, builder, done, stop), CancellationToken.None);
            var others = Task.Run(
                () =>
                {
                    Artists(facts, builder, stop);
                    Releases(facts, credits, builder, stop);
                    Tracks(facts, builder, stop);
                },
                CancellationToken.None);
            // When this returns or throws, both have ended.
            Task.WhenAll(recordings, others).GetAwaiter().GetResult();
        }
        catch (ArgumentException e)
        {
            throw new LacquerException(Failure.Damaged, $"{facts} has a row that cannot be: {e.Message.ReplaceLineEndings(" ")}", "rebuild it with lacquer catalogue; of an edition, ask its publisher", e);
        }

        builder.Write(path, facts, reader.Meta("inputs") ?? "", _ => { }, stop);
    }

    private static CreditedArtists Credits(string facts)
    {
        using var database = SealedDatabase.Open(facts);
        var credits = new CreditedArtists();
        using var alone = new Statement(database, "SELECT id, artist FROM credit ORDER BY id");
        using var several = new Statement(database, "SELECT credit, artist FROM credit_name ORDER BY credit, position");
        var more = several.Step();
        while (alone.Step())
        {
            var credit = alone.Int64(0);
            credits.Begin(credit);
            if (!alone.IsNull(1))
                credits.Add(alone.Int64(1));
            for (; more && several.Int64(0) <= credit; more = several.Step())
                if (several.Int64(0) == credit)
                    credits.Add(several.Int64(1));
        }

        credits.End();
        return credits;
    }

    private static void Recordings(string facts, CreditedArtists credits, LookupBuilder builder, Action<long> done, CancellationToken stop)
    {
        using var database = SealedDatabase.Open(facts);
        using var rows = new Statement(database, "SELECT id, eid, mbid, artist_credit, isrc FROM recording ORDER BY id");
        using var further = new Statement(database, "SELECT recording, isrc FROM recording_isrc_more ORDER BY recording, isrc");
        var entities = new Entities(builder, LookupTables.RecordingEid, LookupTables.RecordingMbid, LookupTables.ArtistRecording, credits);
        var isrcs = builder.Into(LookupTables.Isrc);
        var more = further.Step();
        for (var read = 1L; rows.Step(); read++)
        {
            var rank = entities.Add(rows);
            if (!rows.IsNull(4))
                isrcs.Add(rows.Int64(4), rank);
            for (; more && further.Int64(0) <= rank; more = further.Step())
                if (further.Int64(0) == rank)
                    isrcs.Add(further.Int64(1), rank);
            if (read % Batch == 0)
            {
                stop.ThrowIfCancellationRequested();
                done(read);
            }
        }
    }

    private static void Artists(string facts, LookupBuilder builder, CancellationToken stop)
    {
        using var database = SealedDatabase.Open(facts);
        using var rows = new Statement(database, "SELECT id, eid, mbid FROM artist ORDER BY id");
        var entities = new Entities(builder, LookupTables.ArtistEid, LookupTables.ArtistMbid, null, null);
        while (rows.Step())
            entities.Add(rows);
        stop.ThrowIfCancellationRequested();
    }

    private static void Releases(string facts, CreditedArtists credits, LookupBuilder builder, CancellationToken stop)
    {
        using var database = SealedDatabase.Open(facts);
        using var rows = new Statement(database, "SELECT id, eid, mbid, artist_credit, gtin FROM release ORDER BY id");
        var entities = new Entities(builder, LookupTables.ReleaseEid, LookupTables.ReleaseMbid, LookupTables.ArtistRelease, credits);
        var gtins = builder.Into(LookupTables.Gtin);
        while (rows.Step())
        {
            var rank = entities.Add(rows);
            if (!rows.IsNull(4))
                gtins.Add(rows.Int64(4), rank);
        }

        stop.ThrowIfCancellationRequested();
    }

    private static void Tracks(string facts, LookupBuilder builder, CancellationToken stop)
    {
        using var database = SealedDatabase.Open(facts);
        using var rows = new Statement(database, "SELECT release, recording FROM track ORDER BY release, medium, position");
        var releases = builder.Into(LookupTables.RecordingRelease);
        for (var read = 1L; rows.Step(); read++)
        {
            releases.Add(rows.Int64(1), rows.Int64(0));
            if (read % Batch == 0)
                stop.ThrowIfCancellationRequested();
        }
    }

    /// <summary>Takes what artists, recordings and releases have in common: rank, id, MBID and, but for artists, a credit.</summary>
    private sealed class Entities(LookupBuilder builder, string eids, string mbids, string? ofArtists, CreditedArtists? credits)
    {
        private readonly LookupPairs _eids = builder.Into(eids);
        private readonly LookupPairs _mbids = builder.Into(mbids);
        private readonly LookupPairs? _ofArtists = ofArtists is null ? null : builder.Into(ofArtists);

        public long Add(Statement row)
        {
            var rank = row.Int64(0);
            _eids.AddId(row.Blob(1), rank);
            if (!row.IsNull(2))
                _mbids.AddId(row.Blob(2), rank);
            if (_ofArtists is not null && !row.IsNull(3))
                foreach (var artist in credits!.Of(row.Int64(3)))
                    _ofArtists.Add(artist, rank);
            return rank;
        }
    }

    /// <summary>The artists of each credit, one behind another: four bytes each, and four a credit.</summary>
    private sealed class CreditedArtists
    {
        private readonly List<uint> _starts = [0];
        private readonly List<uint> _artists = [];

        /// <summary>Begins a credit.</summary>
        /// <exception cref="ArgumentException">Its number is not the next.</exception>
        public void Begin(long credit)
        {
            End();
            if (credit != _starts.Count - 1)
                throw new ArgumentException($"credits have the number {_starts.Count - 2} and then {credit}", nameof(credit));
        }

        public void Add(long artist) => _artists.Add(artist is > 0 and <= uint.MaxValue ? (uint)artist : throw new ArgumentException($"a credit names the artist {artist}", nameof(artist)));

        /// <summary>Ends the last credit.</summary>
        public void End()
        {
            var start = (int)_starts[^1];
            if (_artists.Count - start > 1)
            {
                var several = _artists[start..].Distinct().Order().ToList();
                _artists.RemoveRange(start, _artists.Count - start);
                _artists.AddRange(several);
            }

            _starts.Add((uint)_artists.Count);
        }

        /// <summary>The ranks of a credit's artists, each once, ascending.</summary>
        /// <exception cref="ArgumentException">There is no such credit.</exception>
        public ReadOnlySpan<uint> Of(long credit) => credit >= 1 && credit < _starts.Count - 1
            ? CollectionsMarshal.AsSpan(_artists)[(int)_starts[(int)credit]..(int)_starts[(int)credit + 1]]
            : throw new ArgumentException($"there is no credit {credit}", nameof(credit));
    }
}
