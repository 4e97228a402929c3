using Microsoft.Data.Sqlite;

namespace Lacquer.Benchmarks;

/// <summary>
/// How well tracks were brought together, over pairs of tracks: precision is the share of the pairs with one recording in the catalogue that have one in truth, recall the share of those with one in truth that
/// have one in the catalogue. A track is found in the catalogue by its release's line (<c>release_source</c>), medium and position. Pairs are counted from the sizes of groups, n (n − 1) / 2, never one by one;
/// memory is 8 bytes for each track of the catalogue and 16 for each of the accessions.
/// </summary>
internal sealed class MatchScore
{
    private MatchScore(Counts all, Counts within, long unplaced, long tracks) => (All, Across, Unplaced, Tracks) = (all, all - within, unplaced, tracks);

    /// <summary>Over all pairs of tracks.</summary>
    public Counts All { get; }

    /// <summary>Over the pairs whose tracks are of two sources.</summary>
    public Counts Across { get; }

    /// <summary>Tracks of the accessions that are not in the catalogue.</summary>
    public long Unplaced { get; }

    public long Tracks { get; }

    public static MatchScore Of(BuiltCatalogue catalogue)
    {
        SQLitePCL.Batteries_V2.Init();
        using var connection = new SqliteConnection($"Data Source={catalogue.CatalogueFile};Mode=ReadOnly;Pooling=False");
        connection.Open();
        var tracks = CatalogueTracks.Read(connection);
        List<ulong[]> bySource = [];
        long unplaced = 0, met = 0;
        foreach (var source in catalogue.Sources)
        {
            List<ulong> pairs = [];
            using var truth = new TruthReader(source.Truth(catalogue.AccessionFolder));
            using var command = connection.CreateCommand();
            command.CommandText = "SELECT offset, release FROM release_source WHERE accession = $accession ORDER BY offset";
            command.Parameters.AddWithValue("$accession", source.Number);
            using var line = command.ExecuteReader();
            var more = line.Read();
            while (truth.Read())
            {
                met += truth.Recordings.Length;
                while (more && line.GetInt64(0) < truth.Offset)
                    more = line.Read();
                if (!more || line.GetInt64(0) != truth.Offset)
                {
                    unplaced += truth.Recordings.Length;
                    continue;
                }

                var release = (int)line.GetInt64(1);
                var next = 0;
                for (var medium = 1; medium <= truth.Media.Length; medium++)
                    for (var position = 1; position <= truth.Media[medium - 1]; position++)
                    {
                        var inTruth = truth.Recordings[next++];
                        if (tracks.Recording(release, medium, position) is { } recording)
                            pairs.Add((ulong)recording << 32 | inTruth);
                        else
                            unplaced++;
                    }
            }

            bySource.Add([.. pairs]);
        }

        var within = bySource.Aggregate(default(Counts), (sum, pairs) => sum + Counts.Of(pairs));
        return new MatchScore(Counts.Of([.. bySource.SelectMany(pairs => pairs)]), within, unplaced, met);
    }

    public void AddTo(Figures figures)
    {
        figures.Add("match_precision", All.Precision, "of the pairs of tracks merged, the share truly one recording");
        figures.Add("match_recall", All.Recall, "of the pairs of tracks truly one recording, the share merged");
        if (Across.True > 0)
        {
            figures.Add("match_precision_across", Across.Precision, "the same, between two sources: precision");
            figures.Add("match_recall_across", Across.Recall, "the same, between two sources: recall");
        }

        figures.Add("match_pairs", All.True, "pairs of tracks truly one recording");
        figures.Add("match_false_pairs", All.Merged - All.Both, "pairs merged wrongly");
        figures.Add("match_missed_pairs", All.True - All.Both, "pairs missed");
        figures.Add("match_unplaced", Unplaced, "tracks of the accessions that the catalogue does not have");
    }

    /// <summary>Numbers of pairs.</summary>
    /// <param name="Merged">With one recording in the catalogue.</param>
    /// <param name="True">With one in truth.</param>
    /// <param name="Both">With one in both.</param>
    public readonly record struct Counts(long Merged, long True, long Both)
    {
        public double Precision => Merged == 0 ? 1 : (double)Both / Merged;

        public double Recall => True == 0 ? 1 : (double)Both / True;

        public static Counts operator +(Counts a, Counts b) => new(a.Merged + b.Merged, a.True + b.True, a.Both + b.Both);

        public static Counts operator -(Counts a, Counts b) => new(a.Merged - b.Merged, a.True - b.True, a.Both - b.Both);

        /// <summary>From recordings in the catalogue (high half) and in truth (low half), one for each track; they are sorted in place.</summary>
        public static Counts Of(ulong[] pairs)
        {
            Array.Sort(pairs);
            var merged = Groups(pairs, pair => pair >> 32);
            var both = Groups(pairs, pair => pair);
            for (var i = 0; i < pairs.Length; i++)
                pairs[i] = pairs[i] << 32 | pairs[i] >> 32;
            Array.Sort(pairs);
            var inTruth = Groups(pairs, pair => pair >> 32);
            for (var i = 0; i < pairs.Length; i++)
                pairs[i] = pairs[i] << 32 | pairs[i] >> 32;
            return new Counts(merged, inTruth, both);
        }

        private static long Groups(ulong[] sorted, Func<ulong, ulong> key)
        {
            long pairs = 0, size = 0;
            for (var i = 0; i < sorted.Length; i++)
            {
                size = i > 0 && key(sorted[i]) == key(sorted[i - 1]) ? size + 1 : 1;
                // The newcomer makes a pair with each that is there.
                pairs += size - 1;
            }

            return pairs;
        }
    }

    /// <summary>The table <c>track</c> in memory.</summary>
    private sealed class CatalogueTracks(int[] starts, uint[] places, uint[] recordings)
    {
        public static CatalogueTracks Read(SqliteConnection connection)
        {
            using var count = connection.CreateCommand();
            count.CommandText = "SELECT (SELECT max(id) FROM release), (SELECT count(*) FROM track)";
            using var sizes = count.ExecuteReader();
            sizes.Read();
            var starts = new int[sizes.GetInt64(0) + 2];
            var places = new uint[sizes.GetInt64(1)];
            var recordings = new uint[places.Length];
            using var command = connection.CreateCommand();
            command.CommandText = "SELECT release, medium, position, recording FROM track ORDER BY release, medium, position";
            using var row = command.ExecuteReader();
            var next = 0;
            for (; row.Read(); next++)
            {
                starts[row.GetInt64(0) + 1] = next + 1;
                places[next] = Place(row.GetInt32(1), row.GetInt32(2));
                recordings[next] = (uint)row.GetInt64(3);
            }

            // A release without tracks begins where the one before it ends.
            for (var i = 1; i < starts.Length; i++)
                starts[i] = Math.Max(starts[i], starts[i - 1]);
            return new CatalogueTracks(starts, places, recordings);
        }

        public uint? Recording(int release, int medium, int position)
        {
            var at = Array.BinarySearch(places, starts[release], starts[release + 1] - starts[release], Place(medium, position));
            return at < 0 ? null : recordings[at];
        }

        private static uint Place(int medium, int position) => ((uint)medium << 20) + (uint)position;
    }
}
