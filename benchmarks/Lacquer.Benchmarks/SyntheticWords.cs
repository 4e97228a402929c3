using System.Text;

namespace Lacquer.Benchmarks;

/// <summary>
/// Words that nobody says, put together from syllables, in seven vocabularies by script. A word's number is its place by frequency, drawn by Zipf's law; frequent words are short.
/// </summary>
internal sealed class SyntheticWords
{
    /// <summary>The script whose words have no spaces between them.</summary>
    public const int Han = 3;

    private static readonly string[][] Syllables =
    [
        ["ba", "ne", "lo", "ri", "sta", "mo", "en", "th", "er", "con", "de", "ly", "ma", "in", "so", "wa", "ch", "al", "u", "ka"],
        ["é", "mo", "ção", "nho", "já", "são", "lé", "tê", "ñu", "çi", "dü", "rø", "ra", "les", "ño", "bå"],
        ["ба", "не", "ло", "ри", "ста", "мо", "ен", "ть", "ер", "кон", "де", "лю", "ма", "ин", "со"],
        [.. "東京大阪愛夢花月風雪星空海山川雨人心春夏秋冬歌舞夜朝光影道旅時空青赤白黒猫犬のはをにアイウエオカキ".Select(letter => letter.ToString())],
        [.. "가나다라마바사아자차카타파하사랑봄날눈물하늘바다별밤꿈".Select(letter => letter.ToString())],
        ["α", "νε", "λο", "ρι", "στα", "μο", "εν", "θα", "ερ", "κον"],
        ["با", "نو", "لي", "ري", "ست", "مو", "عي", "ثا", "حب", "قل"],
    ];

    // Of 100 artists, and of the vocabulary.
    private static readonly int[] Shares = [74, 8, 5, 6, 4, 1, 2];
    private readonly (byte[] Text, int[] Starts, double LogCount)[] _scripts;

    /// <summary>Words for this many tracks. Heaps' law: a vocabulary grows with the root of the text, and then with misspellings and names.</summary>
    public SyntheticWords(long tracks)
    {
        var all = 20_000 + (long)(300 * Math.Sqrt(tracks)) + tracks / 20;
        _scripts = new (byte[], int[], double)[Syllables.Length];
        Parallel.For(0, Syllables.Length, script => _scripts[script] = Make(script, (int)(all * Shares[script] / 100)));
    }

    public static int Script(ref Numbers numbers)
    {
        var share = numbers.Below(100);
        var script = 0;
        while (share >= Shares[script])
            share -= Shares[script++];
        return script;
    }

    /// <summary>A word by chance, the frequent ones more often.</summary>
    public ReadOnlySpan<byte> Draw(int script, ref Numbers numbers, bool rare = false)
    {
        var (text, starts, logCount) = _scripts[script];
        var share = numbers.Unit();
        var index = (int)Math.Exp((rare ? 0.5 + share / 2 : share) * logCount) - 1;
        return text.AsSpan(starts[index]..starts[index + 1]);
    }

    /// <summary>The Latin word of this place by frequency; 0 is the most frequent of all.</summary>
    public static string Common(int index) => Word(0, index);

    private static (byte[], int[], double) Make(int script, int count)
    {
        using var text = new MemoryStream();
        var starts = new int[count + 1];
        for (var i = 0; i < count; i++)
        {
            text.Write(Encoding.UTF8.GetBytes(Word(script, i)));
            starts[i + 1] = (int)text.Length;
        }

        return (text.ToArray(), starts, Math.Log(count));
    }

    private static string Word(int script, int index)
    {
        var syllables = Syllables[script];
        var count = (ulong)syllables.Length;
        // As many syllables as it takes to tell it from all before it, but at least two where they are not words by themselves.
        var word = new StringBuilder();
        var code = (ulong)index;
        for (var i = 0; code > 0 || i < (script is Han or 4 ? 1 : 2); i++, code /= count)
            word.Append(syllables[(code > 0 || i == 0 ? code : Numbers.Mix((ulong)index + 1)) % count]);
        return word.ToString();
    }
}
