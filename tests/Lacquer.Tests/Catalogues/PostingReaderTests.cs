using System.Globalization;
using System.Text;
using Lacquer.Formats.Catalogues;
using Lacquer.Formats.Findings;
using Lacquer.Tests.Studio;
using Microsoft.Data.Sqlite;
using Xunit;

namespace Lacquer.Tests.Catalogues;

/// <summary>Lists of ranks as they were put into the index: of words on one leaf, on hundreds, and of all words that begin alike.</summary>
public sealed class PostingReaderTests : IDisposable
{
    private const int Documents = 60_000;
    private const int Gap = 3;
    private const long Last = Documents * (long)Gap;

    private readonly Scratch _scratch = new();
    private readonly SortedDictionary<string, List<long>> _expected = new(StringComparer.Ordinal);
    private readonly string _path;

    public PostingReaderTests()
    {
        _path = _scratch["search.sqlite"];
        using var builder = new SearchBuilder(_scratch.Root, 1 << 20);
        var random = new Random(3);
        for (var i = 1; i <= Documents; i++)
        {
            var rank = i * (long)Gap;
            var words = new SortedSet<string>(StringComparer.Ordinal) { "the" };
            if (i > Documents / 2)
                words.Add("late");
            if (random.Next(20) == 0)
                words.Add("often");
            for (var n = random.Next(4); n > 0; n--)
                words.Add(string.Create(CultureInfo.InvariantCulture, $"{"abcé東"[random.Next(5)]}{(int)(Math.Pow(random.NextDouble(), 4) * 5000):x}"));
            var text = string.Join(' ', words);
            builder.Parts[0].Recording(rank, Encoding.UTF8.GetBytes(text), null, []);
            foreach (var term in SearchTerms.Of(text))
            {
                if (!_expected.TryGetValue(term, out var ranks))
                    _expected.Add(term, ranks = []);
                ranks.Add(rank);
            }
        }

        builder.Write(_path, new Dictionary<string, string>());
    }

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public void Every_word_has_its_ranks() => Reading(reader =>
    {
        foreach (var (term, ranks) in _expected)
        {
            var cursor = reader.Open(term);
            foreach (var rank in ranks)
                Assert.Equal(rank, cursor.SkipTo(rank - 1));
            Assert.Equal(long.MaxValue, cursor.SkipTo(ranks[^1] + 1));
        }
    });

    [Fact]
    public void Skipping_finds_the_first_rank_that_is_not_smaller() => Reading(reader =>
    {
        var random = Seeded.Random();
        foreach (var term in new[] { "the", "late", "often", "a0", "b1" })
        {
            for (var round = 0; round < 40; round++)
            {
                var cursor = reader.Open(term);
                var most = 1 << random.Next(1, 18);
                for (var rank = 0L; rank < Last; rank += random.Next(1, most + 1))
                {
                    var at = _expected[term].BinarySearch(rank);
                    var next = at >= 0 ? at : ~at;
                    Assert.Equal(next == _expected[term].Count ? long.MaxValue : _expected[term][next], cursor.SkipTo(rank));
                    if (most == 2 && rank > 1000)
                        break;
                }
            }
        }
    });

    [Fact]
    public void All_that_begin_alike_are_marked() => Reading(reader =>
    {
        foreach (var range in new[] { "a", "a1", "b", "é", "e", "東", "東0", "the", "th", "l", "zzz", "0", "" }.SelectMany(text => new[] { new TermRange(text, true), new TermRange(text, false) }))
        {
            var bits = new ulong[(Last >> 6) + 1];
            var lists = _expected.Where(pair => range.Covers(pair.Key)).Select(pair => pair.Value).ToList();
            Assert.Equal(lists.Sum(list => (long)list.Count), reader.Mark(range, bits));
            var marked = new List<long>();
            for (var rank = 0L; rank <= Last; rank++)
                if ((bits[rank >> 6] >> (int)rank & 1) != 0)
                    marked.Add(rank);
            Assert.Equal(lists.SelectMany(list => list).Distinct().Order(), marked);
            Assert.InRange(lists.Sum(list => (long)list.Count), 0, reader.LeavesOf(range) * 4050);
        }
    });

    [Fact]
    public void A_word_that_is_not_there_is_damage() => Reading(reader => Assert.Equal(Failure.Damaged, Assert.Throws<LacquerException>(() => reader.Open("nowhere")).Failure));

    [Fact]
    public void Damage_is_said_or_read_over_but_never_anything_else()
    {
        var random = Seeded.Random();
        for (var round = 0; round < 150; round++)
        {
            using (var connection = new SqliteConnection($"Data Source={_path};Pooling=False"))
            {
                connection.Open();
                using var command = connection.CreateCommand();
                command.CommandText = "UPDATE recording_text_data SET block = $1 WHERE id = (SELECT id FROM recording_text_data WHERE id > (1 << 37) ORDER BY random() LIMIT 1)";
                var bytes = new byte[random.Next(0, 5000)];
                random.NextBytes(bytes);
                if (bytes.Length > 4 && random.Next(2) == 0)
                {
                    // A head that looks right, so that what follows is looked at.
                    var size = random.Next(4, bytes.Length + 1);
                    (bytes[0], bytes[1], bytes[2], bytes[3]) = (0, 4, (byte)(size >> 8), (byte)size);
                }

                command.Parameters.AddWithValue("$1", bytes);
                command.ExecuteNonQuery();
            }

            Reading(reader =>
            {
                foreach (var term in new[] { "the", "often", "a1", "c7f" })
                {
                    try
                    {
                        reader.Mark(new TermRange(term[..1], true), new ulong[(Last >> 6) + 1]);
                        var cursor = reader.Open(term);
                        for (var rank = cursor.SkipTo(1); rank < Last; rank = cursor.SkipTo(rank + 50))
                            Assert.InRange(rank, 1, Last);
                    }
                    catch (LacquerException e)
                    {
                        Assert.Equal(Failure.Damaged, e.Failure);
                    }
                }
            });
        }
    }

    private void Reading(Action<PostingReader> act)
    {
        using var connection = new SqliteConnection("Data Source=:memory:");
        connection.Open();
        using var attach = connection.CreateCommand();
        attach.CommandText = "ATTACH DATABASE $1 AS search";
        attach.Parameters.AddWithValue("$1", _path);
        attach.ExecuteNonQuery();
        using var reader = new PostingReader(connection.Handle!, "recording_text");
        act(reader);
    }
}
