// SPDX-License-Identifier: Apache-2.0
// A durable consumer with nothing but Java 17: java Consume.java SOCKET GROUP [once].
// Kill it at any moment; what was not acknowledged comes again. Java's HTTP client knows no Unix
// sockets, so this asks by itself; NDJSON saves it a JSON library.
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;

public class Consume {
    private static final Pattern ID = Pattern.compile("\"id\":\"([^\"]*)\"");
    private static final Pattern CURSOR = Pattern.compile("(?i)\r\nCulvert-Cursor: ([^\r]*)\r\n");

    /** Head and body of the answer, each as text. */
    private static String[] ask(String socket, String method, String path) throws IOException {
        try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
            String request = method + " " + path + " HTTP/1.0\r\nHost: culvert\r\n\r\n";
            channel.write(ByteBuffer.wrap(request.getBytes(StandardCharsets.US_ASCII)));
            String answer = new String(Channels.newInputStream(channel).readAllBytes(),
                    StandardCharsets.UTF_8);
            int end = answer.indexOf("\r\n\r\n");
            String head = answer.substring(0, end + 2);
            if (!head.split(" ")[1].equals("200")) {
                throw new IOException(answer.substring(end + 4));
            }
            return new String[] {head, answer.substring(end + 4)};
        }
    }

    public static void main(String[] args) throws IOException {
        String socket = args[0], group = args[1];
        while (true) {
            String[] answer = ask(socket, "GET", "/v1/events/batch?format=ndjson&from=earliest"
                    + "&wait=1000&group=" + group);
            for (String event : answer[1].lines().toList()) {
                var id = ID.matcher(event);
                if (id.find()) {
                    System.out.println(id.group(1)); // your work: before it is acknowledged
                }
            }
            var cursor = CURSOR.matcher(answer[0]);
            if (!answer[1].isEmpty() && cursor.find()) {
                ask(socket, "POST", "/v1/groups/" + group + "/ack?cursor=" + cursor.group(1));
            } else if (args.length > 2) {
                return;
            }
        }
    }
}
