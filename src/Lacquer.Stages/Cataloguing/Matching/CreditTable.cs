using System.IO.Hashing;
using Lacquer.Stages.Cataloguing.Staging;

namespace Lacquer.Stages.Cataloguing.Matching;

/// <summary>Who is credited, by number, and what is needed of artists to see that two are one.</summary>
internal sealed class CreditTable
{
    private readonly int[] _starts;
    private readonly uint[] _artists;
    private readonly ulong[] _texts;

    public CreditTable(StagedFiles files, ParsedRecords parsed)
    {
        _starts = new int[parsed.Credits + 1];
        _texts = new ulong[parsed.Credits];
        var artists = new List<uint>(parsed.Credits);
        var number = 0;
        foreach (var payload in StagedPayloads.All(files.Credits))
        {
            var from = new PayloadReader(payload.Span);
            from.Text();
            var count = from.Number();
            // All but the artists' numbers: names, join phrases, roles.
            var rest = new XxHash3();
            for (ulong i = 0; i < count; i++)
            {
                for (var text = 0; text < 3; text++)
                {
                    var part = from.Text();
                    rest.Append(BitConverter.GetBytes(part.Length));
                    rest.Append(part);
                }

                artists.Add((uint)from.Number());
            }

            _texts[number] = rest.GetCurrentHashAsUInt64();
            _starts[++number] = artists.Count;
        }

        _artists = [.. artists];
        NameHashes = new ulong[parsed.Artists];
        IsMbid = new bool[parsed.Artists];
        var match = new MatchText();
        var first = StagedFiles.ReadAll<long>(files.ArtistPlaces);
        var at = 0;
        foreach (var payload in StagedPayloads.All(files.Artists))
        {
            if (at < first.Length && payload.Offset == first[at])
            {
                var from = new PayloadReader(payload.Span);
                var artist = ArtistPayload.Read(ref from);
                NameHashes[at] = match.Hash(artist.Name);
                IsMbid[at++] = !artist.Mbid.IsEmpty;
            }
        }
    }

    public int Count => _texts.Length;

    /// <summary>For each artist, its first name made comparable.</summary>
    public ulong[] NameHashes { get; }

    /// <summary>For each artist, whether it is known by a MusicBrainz identifier.</summary>
    public bool[] IsMbid { get; }

    public ReadOnlySpan<uint> ArtistsOf(uint credit) => _artists.AsSpan(_starts[credit], _starts[credit + 1] - _starts[credit]);

    /// <summary>Which credit stands for each, where artists turned out to be one.</summary>
    public uint[] Merge(Clusters artists)
    {
        var stands = new uint[Count];
        var known = new Dictionary<(ulong, ulong), uint>();
        for (var credit = 0U; credit < Count; credit++)
        {
            stands[credit] = credit;
            var isPlain = true;
            foreach (var artist in ArtistsOf(credit))
                isPlain &= !IsInCluster(artist);
            if (isPlain)
                continue;
            ulong who = 0;
            foreach (var artist in ArtistsOf(credit))
                who = (who ^ artists.Find(artist)) * 0x9E3779B97F4A7C15 + 1;
            if (!known.TryAdd((_texts[credit], who), credit))
                stands[credit] = known[(_texts[credit], who)];
        }

        return stands;

        bool IsInCluster(uint artist) => artists.Find(artist) != artist || _joined.Contains(artist);
    }

    private readonly HashSet<uint> _joined = [];

    /// <summary>Makes two artists one, unless MusicBrainz tells them apart.</summary>
    public void Join(Clusters artists, uint one, uint other)
    {
        var (a, b) = (artists.Find(one), artists.Find(other));
        if (a == b || (IsMbid[a] && IsMbid[b]))
            return;
        var (kept, gone) = artists.Join(a, b);
        IsMbid[kept] |= IsMbid[gone];
        _joined.Add(kept);
        _joined.Add(gone);
    }
}
