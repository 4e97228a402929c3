using System.Buffers;
using System.Text;
using Lacquer.Formats.Identity;
using SQLitePCL;

namespace Lacquer.Formats.Catalogues;

/// <summary>
/// The text by which each entity is found, read from <c>catalogue.sqlite</c> in rank order. A recording: its title and other titles, its artist credit, the names and sort names of the artists credited, and the
/// titles of its best-known releases; a release: titles, credit and artists; an artist: the name, the sort name and all other names. One line each. Every name a source gives, Latin or not, belongs here.
/// </summary>
internal sealed class SearchTexts : IDisposable
{
    /// <summary>A recording is found by the titles of this many of its releases, best-known first.</summary>
    public const int MostReleases = 8;

    // Credits kept in memory; the best known come first and often.
    private const int MostKept = 1 << 16;

    // Recordings pushed before it is said how many.
    private const int Batch = 1024;

    private readonly Statement _recordings;
    private readonly Statement _releases;
    private readonly Statement _release;
    private readonly Statement _artists;
    private readonly Statement _credit;
    private readonly Statement _credited;
    private readonly Statement _artistAliases;
    private readonly Statement? _recordingAliases;
    private readonly Statement? _releaseAliases;
    private readonly Lookup _standsOn;
    private readonly Dictionary<long, string> _credits = [];

    public SearchTexts(sqlite3 database)
    {
        _recordings = new Statement(database, "SELECT id, title, artist_credit FROM recording WHERE id > ?1 AND id <= ?2 ORDER BY id");
        _releases = new Statement(database, "SELECT id, title, artist_credit FROM release WHERE id > ?1 AND id <= ?2 ORDER BY id");
        _release = new Statement(database, "SELECT title FROM release WHERE id = ?1");
        _artists = new Statement(database, "SELECT id, name, sort_name FROM artist WHERE id > ?1 AND id <= ?2 ORDER BY id");
        _credit = new Statement(database, "SELECT name FROM artist_credit WHERE id = ?1");
        _credited = new Statement(database, "SELECT a.name, a.sort_name FROM artist_credit_name n JOIN artist a ON a.id = n.artist WHERE n.artist_credit = ?1 ORDER BY n.position");
        _artistAliases = new Statement(database, "SELECT name FROM artist_alias WHERE artist = ?1 ORDER BY position");
        // Most catalogues have none, and then nobody need look for each recording.
        _recordingAliases = HasRows(database, "recording_alias") ? new Statement(database, "SELECT name FROM recording_alias WHERE recording = ?1 ORDER BY position") : null;
        _releaseAliases = HasRows(database, "release_alias") ? new Statement(database, "SELECT name FROM release_alias WHERE release = ?1 ORDER BY position") : null;
        _standsOn = new Lookup(database, LookupTables.RecordingRelease);
    }

    /// <summary>Pushes all texts of a catalogue, the same as <see cref="Of"/> gives.</summary>
    public static void Push(sqlite3 database, SearchBuilder builder, Action<long> done, CancellationToken stop)
    {
        var text = new ArrayBufferWriter<byte>(1 << 12);
        using (var credits = new Statement(database, "SELECT c.id, a.name, a.sort_name FROM credit c LEFT JOIN artist a ON a.id = c.artist ORDER BY c.id"))
        using (var credited = new Statement(database, "SELECT n.credit, coalesce(n.name, a.name), n.join_phrase, a.name, a.sort_name FROM credit_name n CROSS JOIN artist a WHERE a.id = n.artist ORDER BY n.credit, n.position"))
        {
            var artists = new ArrayBufferWriter<byte>(1 << 12);
            for (var more = credited.Step(); credits.Step();)
            {
                var credit = credits.Int64(0);
                text.ResetWrittenCount();
                artists.ResetWrittenCount();
                if (!credits.IsNull(1))
                {
                    text.Write(credits.Blob(1));
                    if (!credits.IsNull(2))
                        Line(text, credits.Blob(2));
                }

                for (; more && credited.Int64(0) <= credit; more = credited.Step())
                {
                    if (credited.Int64(0) < credit)
                        continue;
                    text.Write(credited.Blob(1));
                    text.Write(credited.Blob(2));
                    Line(artists, credited.Blob(3));
                    if (!credited.IsNull(4))
                        Line(artists, credited.Blob(4));
                }

                text.Write(artists.WrittenSpan);
                builder.Credit(credit, text.WrittenSpan);
            }
        }

        stop.ThrowIfCancellationRequested();
        using (var artists = new Statement(database, "SELECT id, name, sort_name FROM artist ORDER BY id"))
        using (var aliases = new Statement(database, "SELECT artist, name FROM artist_alias ORDER BY artist, position"))
        {
            for (var more = aliases.Step(); artists.Step();)
            {
                text.ResetWrittenCount();
                text.Write(artists.Blob(1));
                if (!artists.IsNull(2))
                    Line(text, artists.Blob(2));
                more = Aliases(aliases, more, artists.Int64(0), text);
                builder.Artist(artists.Int64(0), text.WrittenSpan);
            }
        }

        stop.ThrowIfCancellationRequested();
        using (var releases = new Statement(database, "SELECT id, title, artist_credit FROM release ORDER BY id"))
        using (var aliases = new Statement(database, "SELECT release, name FROM release_alias ORDER BY release, position"))
        {
            for (var more = aliases.Step(); releases.Step();)
            {
                text.ResetWrittenCount();
                text.Write(releases.Blob(1));
                more = Aliases(aliases, more, releases.Int64(0), text);
                builder.Release(releases.Int64(0), text.WrittenSpan, releases.IsNull(2) ? null : releases.Int64(2));
            }
        }

        using var recordings = new Statement(database, "SELECT id, title, artist_credit FROM recording ORDER BY id");
        using var others = new Statement(database, "SELECT recording, name FROM recording_alias ORDER BY recording, position");
        using var standsOn = new Lookup(database, LookupTables.RecordingRelease);
        using var pairs = standsOn.All().GetEnumerator();
        var (moreOthers, morePairs) = (others.Step(), pairs.MoveNext());
        Span<uint> ranks = stackalloc uint[MostReleases];
        while (recordings.Step())
        {
            var rank = recordings.Int64(0);
            var count = 0;
            for (; morePairs && pairs.Current.Key <= rank; morePairs = pairs.MoveNext())
                if (pairs.Current.Key == rank && count < MostReleases)
                    ranks[count++] = (uint)pairs.Current.Value;
            text.ResetWrittenCount();
            text.Write(recordings.Blob(1));
            moreOthers = Aliases(others, moreOthers, rank, text);
            builder.Recording(rank, text.WrittenSpan, recordings.IsNull(2) ? null : recordings.Int64(2), ranks[..count]);
            if (rank % Batch == 0)
            {
                stop.ThrowIfCancellationRequested();
                done(rank);
            }
        }
    }

    /// <summary>The texts of the entities after one rank up to another. One enumeration at a time.</summary>
    public IEnumerable<(long Rank, string Text)> Of(EntityKind kind, long after, long last) => kind switch
    {
        EntityKind.Recording => Recordings(after, last),
        EntityKind.Release => Releases(after, last),
        _ => Artists(after, last),
    };

    public void Dispose()
    {
        foreach (var statement in new[] { _recordings, _releases, _release, _artists, _credit, _credited, _artistAliases, _recordingAliases, _releaseAliases })
            statement?.Dispose();
        _standsOn.Dispose();
    }

    private static bool HasRows(sqlite3 database, string table)
    {
        using var any = new Statement(database, $"SELECT 1 FROM {table} LIMIT 1");
        return any.Step();
    }

    private static void Line(ArrayBufferWriter<byte> text, ReadOnlySpan<byte> name)
    {
        text.Write("\n"u8);
        text.Write(name);
    }

    // Names in the order of their owners, as the owners come; whether there are more.
    private static bool Aliases(Statement aliases, bool more, long owner, ArrayBufferWriter<byte> text)
    {
        for (; more && aliases.Int64(0) <= owner; more = aliases.Step())
            if (aliases.Int64(0) == owner)
                Line(text, aliases.Blob(1));
        return more;
    }

    private static void Aliases(Statement? aliases, long owner, StringBuilder text)
    {
        if (aliases is null)
            return;
        aliases.Bind(1, owner);
        while (aliases.Step())
            text.Append('\n').Append(aliases.Text(0));
        aliases.Reset();
    }

    private IEnumerable<(long Rank, string Text)> Recordings(long after, long last)
    {
        var text = new StringBuilder();
        _recordings.Bind(1, after).Bind(2, last);
        try
        {
            while (_recordings.Step())
            {
                var rank = _recordings.Int64(0);
                text.Clear().Append(_recordings.Text(1));
                Aliases(_recordingAliases, rank, text);
                if (!_recordings.IsNull(2))
                    text.Append('\n').Append(Credit(_recordings.Int64(2)));
                foreach (var release in _standsOn.Values(rank).Take(MostReleases))
                {
                    _release.Bind(1, release);
                    if (_release.Step())
                        text.Append('\n').Append(_release.Text(0));
                    _release.Reset();
                    Aliases(_releaseAliases, release, text);
                }

                yield return (rank, text.ToString());
            }
        }
        finally
        {
            _recordings.Reset();
        }
    }

    private IEnumerable<(long Rank, string Text)> Releases(long after, long last)
    {
        var text = new StringBuilder();
        _releases.Bind(1, after).Bind(2, last);
        try
        {
            while (_releases.Step())
            {
                text.Clear().Append(_releases.Text(1));
                Aliases(_releaseAliases, _releases.Int64(0), text);
                if (!_releases.IsNull(2))
                    text.Append('\n').Append(Credit(_releases.Int64(2)));
                yield return (_releases.Int64(0), text.ToString());
            }
        }
        finally
        {
            _releases.Reset();
        }
    }

    private IEnumerable<(long Rank, string Text)> Artists(long after, long last)
    {
        var text = new StringBuilder();
        _artists.Bind(1, after).Bind(2, last);
        try
        {
            while (_artists.Step())
            {
                text.Clear().Append(_artists.Text(1));
                if (!_artists.IsNull(2))
                    text.Append('\n').Append(_artists.Text(2));
                Aliases(_artistAliases, _artists.Int64(0), text);
                yield return (_artists.Int64(0), text.ToString());
            }
        }
        finally
        {
            _artists.Reset();
        }
    }

    private string Credit(long credit)
    {
        if (_credits.TryGetValue(credit, out var kept))
            return kept;
        _credit.Bind(1, credit);
        var text = new StringBuilder(_credit.Step() ? _credit.Text(0) : "");
        _credit.Reset();
        _credited.Bind(1, credit);
        while (_credited.Step())
        {
            text.Append('\n').Append(_credited.Text(0));
            if (!_credited.IsNull(1))
                text.Append('\n').Append(_credited.Text(1));
        }

        _credited.Reset();
        if (_credits.Count >= MostKept)
            _credits.Clear();
        return _credits[credit] = text.ToString();
    }
}
